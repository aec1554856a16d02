package main

import (
	"errors"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/helixrouter/helix/remote"
)

// fleetSettings say how this process is part of a fleet; the zero value is that it is none.
type fleetSettings struct {
	nats       string // URLs; "" = none
	creds      string // path
	node       string // "" = made of the host's name
	cluster    bool   // a NATS server in this process
	listen     string // of that server, for workers and other clients; "" = in this process only
	mesh       string // of that server, for those of other nodes; "" = none
	routes     []string
	store      string // directory of that server's store; "" = none
	ca         string // paths
	cert       string
	key        string
	secret     string // that nodes show each other; "" = none
	secretFile string
	share      []string // of weights, config
	durable    bool     // take durable jobs
}

// fleetVariables are the flags of a fleet that the environment can set too.
var fleetVariables = [][2]string{
	{"nats", "HELIX_NATS"},
	{"nats-creds", "HELIX_NATS_CREDS"},
	{"node", "HELIX_NODE"},
	{"cluster-listen", "HELIX_CLUSTER_LISTEN"},
	{"cluster-mesh", "HELIX_CLUSTER_MESH"},
	{"cluster-routes", "HELIX_CLUSTER_ROUTES"},
	{"cluster-store", "HELIX_CLUSTER_STORE"},
	{"fleet-ca", "HELIX_FLEET_CA"},
	{"fleet-cert", "HELIX_FLEET_CERT"},
	{"fleet-key", "HELIX_FLEET_KEY"},
	{"fleet-share", "HELIX_FLEET_SHARE"},
}

// addFlags adds the flags of a node. What leads to NATS is for all commands of a fleet.
func (f *fleetSettings) addFlags(flags *pflag.FlagSet) {
	f.addDialFlags(flags)
	flags.Var(flagValue[string]{&f.node, parseNode, "name"}, "node", "this machine's name in the fleet; default: the host's and four random digits")
	flags.BoolVar(&f.cluster, "cluster", false, "start a NATS server in this process, reachable from within it alone unless a --cluster-listen or --cluster-mesh says otherwise")
	flags.Var(flagValue[string]{&f.listen, parseAddress, "host:port"}, "cluster-listen", "that server listens here for workers and routers that come with --nats; beyond loopback it needs --fleet-cert and a secret")
	flags.Var(flagValue[string]{&f.mesh, parseAddress, "host:port"}, "cluster-mesh", "that server listens here for the servers of other nodes; beyond loopback it needs --fleet-cert and a secret")
	flags.Var(flagValue[[]string]{&f.routes, parseRoutes, "addresses"}, "cluster-routes", "the --cluster-mesh of other nodes, comma separated: one that can be reached is enough")
	flags.StringVar(&f.store, "cluster-store", "", "that server keeps durable jobs and what the fleet shares in this `directory`, every message on disk before it is acknowledged; in a mesh three nodes need one, with routes to each other")
	flags.Var(flagValue[[]string]{&f.share, parseShared, "what"}, "fleet-share", "weights, config or both, comma separated: begin with what the fleet has learned; follow the configuration that the fleet shares")
	flags.BoolVar(&f.durable, "durable", false, "take the fleet's durable jobs too; its server needs a store")
	for _, name := range []string{"cluster-routes", "fleet-share"} {
		flags.Lookup(name).DefValue = "" // an empty list is no default to show
	}
}

func (f *fleetSettings) addDialFlags(flags *pflag.FlagSet) {
	flags.Var(flagValue[string]{&f.nats, parseNATS, "URLs"}, "nats", "be part of the fleet of this NATS server, or of several, comma separated: nats://host:4222 or tls://host:4222")
	flags.StringVar(&f.creds, "nats-creds", "", "`file` of NATS credentials (JWT and seed)")
	flags.StringVar(&f.ca, "fleet-ca", "", "`file` with the certificates (PEM) that nodes and servers of the fleet are checked by")
	flags.StringVar(&f.cert, "fleet-cert", "", "`file` with this node's certificate (PEM); needs --fleet-key")
	flags.StringVar(&f.key, "fleet-key", "", "`file` with its key (PEM)")
	flags.StringVar(&f.secretFile, "fleet-secret-file", "", "`file` that holds the secret that nodes show each other; HELIX_FLEET_SECRET is the secret itself")
}

// read completes the settings from the environment, and checks what flags alone cannot tell.
func (f *fleetSettings) read(environ []string) error {
	f.secret = lookup(environ, "HELIX_FLEET_SECRET")
	if f.secretFile != "" {
		text, err := os.ReadFile(f.secretFile)
		if err != nil {
			return exitf(exitUsage, "--fleet-secret-file: %w", err)
		}
		f.secret = strings.TrimSpace(string(text))
		if f.secret == "" {
			return exitf(exitUsage, "--fleet-secret-file %s is empty: put the secret in it", f.secretFile)
		}
	}
	if f.listen != "" || f.mesh != "" || len(f.routes) > 0 || f.store != "" {
		f.cluster = true
	}
	switch {
	case f.cluster && f.nats != "":
		return exitf(exitUsage, "--nats and --cluster exclude each other: be part of a server's fleet, or have a server")
	case f.cluster && f.creds != "":
		return exitf(exitUsage, "--nats-creds is for --nats: a server within asks for the fleet's secret")
	case len(f.routes) > 0 && f.mesh == "":
		return exitf(exitUsage, "--cluster-routes needs --cluster-mesh: the address at which the other nodes reach this one")
	case (f.cert == "") != (f.key == ""):
		return exitf(exitUsage, "--fleet-cert and --fleet-key belong together")
	case f.durable && !f.on():
		return exitf(exitUsage, "--durable needs a fleet: give --nats, or --cluster-store")
	case f.durable && f.cluster && f.store == "" && len(f.routes) == 0:
		return exitf(exitUsage, "--durable needs a store: give --cluster-store")
	case len(f.share) > 0 && !f.on():
		return exitf(exitUsage, "--fleet-share needs a fleet: give --nats or --cluster")
	}
	return nil
}

// on reports whether there is a fleet.
func (f *fleetSettings) on() bool { return f.cluster || f.nats != "" }

func parseNATS(text string) (string, error) {
	for _, one := range strings.Split(text, ",") {
		u, err := url.Parse(strings.TrimSpace(one))
		if err != nil || u.Scheme != "nats" && u.Scheme != "tls" || u.Hostname() == "" {
			return "", errors.New("must be nats://host:4222 or tls://host:4222, or several of them, comma separated")
		}
	}
	return text, nil
}

func parseNode(text string) (string, error) { return text, remote.CheckName(text) }

func parseRoutes(text string) (routes []string, err error) {
	for _, one := range strings.Split(text, ",") {
		one = strings.TrimSpace(one)
		if _, _, err := net.SplitHostPort(one); err != nil {
			return nil, errors.New("must be addresses such as 10.0.0.7:6222, comma separated")
		}
		routes = append(routes, one)
	}
	return routes, nil
}

func parseShared(text string) (parts []string, err error) {
	for _, one := range strings.Split(text, ",") {
		one = strings.TrimSpace(one)
		if one != "weights" && one != "config" {
			return nil, errors.New("must be weights, config or weights,config")
		}
		parts = append(parts, one)
	}
	return parts, nil
}
