package broker

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// User is the name with which nodes show their secret.
const User = "helix"

const (
	// defaultPayload is NATS' own bound of a message. A larger one lets a few slow readers take the server's memory.
	defaultPayload = 1 << 20
	mostPayload    = 64 << 20 // NATS' own bound of the bound

	// pingEvery and pingsOut end a connection that is open and dead within 6 s.
	pingEvery = 2 * time.Second
	pingsOut  = 2
	// writeWithin is how long a client may not read before it is cut off. A publisher is not stalled meanwhile: one
	// stalled subscriber would slow innocent ones by seconds.
	writeWithin = 2 * time.Second
	// dialedAgain is how often a node tries a route that cannot be reached: without end, since it may come later.
	dialedAgain = 1 << 30
)

// Options say what server is started. The zero value is one that only this process reaches.
type Options struct {
	// Name of the server, unique in a mesh. Default: NATS makes one.
	Name string
	// Listen is host:port for clients. "" = none. Port 0 takes a free one.
	Listen string
	// ClusterListen is host:port for the servers of other nodes. "" = none. Port 0 takes a free one. Without Listen
	// a free port on loopback is opened beside it, which NATS needs; it asks for the same secret and certificate, and lets
	// nobody in where there is no secret.
	ClusterListen string
	// Routes are the ClusterListen addresses of other nodes; one that can be reached is enough. They need ClusterListen.
	Routes []string
	// Cert and Key are the paths of the server's certificate; CA, if given, of those that clients and
	// other nodes must have one from.
	CA, Cert, Key string
	// Secret is what clients (with the user name User) and other nodes must show. "" = nothing.
	Secret string
	// StoreDir is where JetStream keeps what must survive; "" = no JetStream. Every message is on disk before it is
	// acknowledged. One process at a time can use it. In a mesh three nodes or more need one, and Routes to each other.
	StoreDir string
	// MaxStore bounds the bytes on that disk. Default 10 GiB.
	MaxStore int64
	// MaxPayload bounds a message in bytes. Default 1 MiB, at most 64 MiB.
	MaxPayload int
	// Logger gets what the server has to say. Default: nowhere.
	Logger *slog.Logger
}

const defaultStore = 10 << 30

// check fills in the defaults and reports everything that is wrong.
func (o *Options) check() error {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.MaxPayload == 0 {
		o.MaxPayload = defaultPayload
	}
	if o.MaxStore == 0 {
		o.MaxStore = defaultStore
	}
	var faults []error
	fault := func(format string, a ...any) { faults = append(faults, fmt.Errorf(format, a...)) }
	if o.MaxPayload < 1 || o.MaxPayload > mostPayload {
		fault("MaxPayload %d: give 1 to %d bytes", o.MaxPayload, mostPayload)
	}
	if o.MaxStore < 1 {
		fault("MaxStore %d: give a positive number of bytes", o.MaxStore)
	}
	if (o.Cert == "") != (o.Key == "") {
		fault("Cert and Key belong together: give both or none")
	}
	if o.CA != "" && o.Cert == "" {
		fault("CA without Cert: a server that checks certificates must have one")
	}
	if len(o.Routes) > 0 && o.ClusterListen == "" {
		fault("Routes without ClusterListen: say where the other nodes reach this one")
	}
	if o.StoreDir != "" && o.ClusterListen != "" && len(o.Routes) == 0 {
		fault("StoreDir in a mesh without Routes: stores of a mesh agree by majority, so give each of three nodes a store and the routes to the other two, or one node a store and no ClusterListen")
	}
	for _, x := range [][2]string{{"Listen", o.Listen}, {"ClusterListen", o.ClusterListen}} {
		if x[1] == "" {
			continue
		}
		if _, _, err := split(x[1]); err != nil {
			fault("%s %q: %w", x[0], x[1], err)
		} else if beyondLoopback(x[1]) && (o.Cert == "" || o.Secret == "") {
			fault("%s %s can be reached from beyond this machine, and %s: give both, or listen on 127.0.0.1", x[0], x[1], o.missing())
		}
	}
	for _, r := range o.Routes {
		if _, _, err := split(r); err != nil {
			fault("route %q: %w", r, err)
		}
	}
	return errors.Join(faults...)
}

func (o *Options) missing() string {
	switch {
	case o.Cert == "" && o.Secret == "":
		return "TLS (Cert, Key) and a secret are missing"
	case o.Cert == "":
		return "TLS (Cert, Key) is missing"
	}
	return "a secret is missing"
}

func split(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, errors.New("must be host:port, such as 127.0.0.1:4222")
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < 0 || port > 65535 {
		return "", 0, errors.New("the port must be a number from 0 to 65535")
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// beyondLoopback takes a name for an address elsewhere, but for localhost: what it means can change.
func beyondLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}

// server are the options in NATS' words.
func (o *Options) server() (*server.Options, error) {
	so := &server.Options{
		ServerName: o.Name, DontListen: o.Listen == "" && o.ClusterListen == "", NoSigs: true, NoFastProducerStall: true,
		MaxPayload: int32(o.MaxPayload), PingInterval: pingEvery, MaxPingsOut: pingsOut, WriteDeadline: writeWithin,
		JetStream: o.StoreDir != "", StoreDir: o.StoreDir, SyncAlways: true, JetStreamMaxStore: o.MaxStore, DisableJetStreamBanner: true,
	}
	if o.Secret != "" {
		so.Username, so.Password = User, o.Secret
	}
	if o.Listen != "" {
		so.Host, so.Port, _ = split(o.Listen) // checked
	}
	secure, err := o.tls()
	if err != nil {
		return nil, err
	}
	if secure != nil {
		so.TLS, so.TLSConfig, so.TLSVerify, so.TLSTimeout = true, secure, o.CA != "", writeWithin.Seconds()
	}
	o.mesh(so, secure)
	return so, nil
}

// ownOnly lets in nobody but this process. It implements server.Authentication.
type ownOnly struct{}

// Check knows connections of this process by their being no network's.
func (ownOnly) Check(c server.ClientAuthentication) bool {
	a := c.RemoteAddress()
	return a != nil && a.Network() == "pipe"
}

// mesh are the options about other nodes' servers.
func (o *Options) mesh(so *server.Options, secure *tls.Config) {
	if o.ClusterListen == "" {
		return
	}
	c := &so.Cluster
	c.Name, c.ConnectRetries, c.ConnectBackoff, c.PingInterval, c.MaxPingsOut, c.WriteDeadline = "helix", dialedAgain, true, pingEvery, pingsOut, writeWithin
	c.Host, c.Port, _ = split(o.ClusterListen) // checked
	if o.Listen == "" {
		// NATS routes nothing before it listens for clients: it does on a loopback port that nobody is told of,
		// and that lets nobody in but who knows the secret.
		so.Host, so.Port, c.NoAdvertise = "127.0.0.1", server.RANDOM_PORT, true
		if o.Secret == "" {
			so.CustomClientAuthentication = ownOnly{}
		}
	}
	if o.Secret != "" {
		c.Username, c.Password = User, o.Secret
	}
	if secure != nil {
		c.TLSConfig, c.TLSTimeout = secure.Clone(), writeWithin.Seconds()
	}
	for _, r := range o.Routes {
		u := &url.URL{Scheme: "nats", Host: r}
		if o.Secret != "" {
			u.User = url.UserPassword(User, o.Secret)
		}
		so.Routes = append(so.Routes, u)
	}
}

// tls is nil without a certificate. A node's is both that of a server and that of a client.
func (o *Options) tls() (*tls.Config, error) {
	if o.Cert == "" {
		return nil, nil
	}
	c, err := server.GenTLSConfig(&server.TLSConfigOpts{CertFile: o.Cert, KeyFile: o.Key, CaFile: o.CA, Verify: o.CA != ""})
	if err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	c.RootCAs = c.ClientCAs // of other nodes
	return c, nil
}
