package main

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/helixrouter/helix/internal/configfile"
)

const (
	defaultAddr = "127.0.0.1:8080"

	maxPort    = 1<<16 - 1
	maxStreams = 1 << 16 // as many as a process has ports and files for
	maxJobs    = 1e9     // of the startup workload: hours of work; more is a typing error
)

// settings are the daemon's own, beside the configuration of its router.
type settings struct {
	addr         string
	port         uint64
	portGiven    bool
	config       string // path of the configuration file; "" = none
	jobs, seed   uint64
	trace        string // path; "" = generated jobs
	drainTimeout time.Duration
	weights      string        // path; "" = neither loaded nor saved
	saveEvery    time.Duration // the weights
	tokenFile    string
	token        string
	hosts        []string
	spansTo      string // URL; "" = no tracing
	decisionLog  string // path; "" = none
	tlsCert      string // path; "" = no TLS
	tlsKey       string // path
	liveAddr     string // of the probes' own listener; "" = none
	streams      uint64 // that may be open at a time
	level        slog.Level
	format       string
	json         bool
	rustLog      bool // the level is RUST_LOG's
	fleet        fleetSettings
	works        bool           // it takes jobs of the fleet and sends none
	flags        *pflag.FlagSet // of the configuration, among others
}

// variables are the flags that the environment can set too. There is no HELIX_PORT:
// Kubernetes sets a variable of that name, to an URL, for a service called helix.
var variables = [][2]string{
	{"addr", "HELIX_HTTP_ADDR"},
	{"config", "HELIX_CONFIG_PATH"},
	{"sim-jobs", "HELIX_SIM_JOBS"},
	{"sim-seed", "HELIX_SIM_SEED"},
	{"drain-timeout", "HELIX_DRAIN_TIMEOUT"},
	{"weights", "HELIX_WEIGHTS_PATH"},
	{"allow-host", "HELIX_HOSTS"},
	{"otel-endpoint", "OTEL_EXPORTER_OTLP_ENDPOINT"},
	{"tls-cert", "HELIX_TLS_CERT"},
	{"tls-key", "HELIX_TLS_KEY"},
	{"live-addr", "HELIX_LIVE_ADDR"},
	{"max-streams", "HELIX_MAX_STREAMS"},
	{"log-level", "HELIX_LOG"},
	{"log-format", "HELIX_LOG_FORMAT"},
}

// daemonFlags adds all flags of the daemon, with their defaults.
func (p program) daemonFlags(flags *pflag.FlagSet) *settings {
	s := &settings{
		addr: defaultAddr, jobs: 200, seed: 7, drainTimeout: 25 * time.Second,
		streams: 256, weights: "helix_weights.json", saveEvery: saveEvery,
		level: slog.LevelInfo, format: "text", flags: flags,
	}
	flags.SortFlags = false
	flags.Var(flagValue[string]{&s.addr, parseAddress, "host:port"}, "addr", "listen here; beyond loopback, writes need a token")
	flags.Var(flagValue[uint64]{&s.port, whole(maxPort), "port"}, "port", "listen on this port in place of --addr's; 0 takes a free one")
	flags.Var(flagValue[uint64]{&s.jobs, whole(maxJobs), "jobs"}, "sim-jobs", "how many jobs the startup workload has; 0 for none")
	flags.Var(flagValue[uint64]{&s.seed, whole(1<<64 - 1), "seed"}, "sim-seed", "of the startup workload; the same seed gives the same jobs")
	flags.StringVar(&s.trace, "trace", "", "replay this `file` (JSON lines of jobs) as startup workload: none before its at_seconds, but in a closed loop with at most as many in flight as there are processors, so that a slow job delays those after it")
	flags.Var(flagValue[time.Duration]{&s.drainTimeout, parseTimeout, "duration"}, "drain-timeout", "how long a signal waits for admitted work")
	flags.StringVar(&s.weights, "weights", s.weights, "keep what is learned in this `file`: loaded at the start, saved every minute and at the end; empty, or learner off, for not at all")
	flags.Var(flagValue[time.Duration]{&s.saveEvery, parseTimeout, "duration"}, "weights-interval", "how often the weights are saved")
	_ = flags.MarkHidden("weights-interval") // for tests: the flag is there, so there is no error
	flags.StringVar(&s.tokenFile, "token-file", "", "`file` that holds the bearer token for writes from beyond loopback")
	flags.Var(flagValue[[]string]{&s.hosts, parseNames, "names"}, "allow-host", "accept these names as Host, beside loopback and IP addresses")
	flags.Lookup("allow-host").DefValue = "" // an empty list is no default to show
	flags.StringVar(&s.decisionLog, "decision-log", "", "write every job with its decision and its end to this `file`, for helixrouter replay; at 128 MiB it becomes FILE.1 and a new one is begun; empty for none")
	flags.Var(flagValue[string]{&s.spansTo, parseEndpoint, "URL"}, "otel-endpoint", "send spans of traced jobs to this OTLP collector over HTTP, such as http://localhost:4318; empty for none")
	flags.StringVar(&s.tlsCert, "tls-cert", "", "`file` with the certificate chain (PEM): serve HTTPS; needs --tls-key")
	flags.StringVar(&s.tlsKey, "tls-key", "", "`file` with the certificate's key (PEM)")
	flags.Var(flagValue[string]{&s.liveAddr, parseAddress, "host:port"}, "live-addr", "answer /livez here too, without TLS, by a process of its own that no load slows")
	flags.Var(flagValue[uint64]{&s.streams, positive(maxStreams), "streams"}, "max-streams", "how many may read /api/stream/decisions at a time")
	flags.Var(flagValue[slog.Level]{&s.level, parseLevel, "level"}, "log-level", "debug, info, warn or error")
	flags.Var(flagValue[string]{&s.format, parseFormat, "format"}, "log-format", "text or json, on stderr")
	flags.BoolVar(&s.json, "json", false, "print the summary as one line of JSON")
	s.fleet.addFlags(flags)
	addConfigFlags(flags, &s.config)
	return s
}

// addConfigFlags adds the flags that make up the router's configuration.
func addConfigFlags(flags *pflag.FlagSet, path *string) {
	flags.StringVar(path, "config", "", "read the configuration from this `file`, JSON or YAML")
	configfile.AddFlags(flags)
}

// read completes the settings that flags did not set, from the environment.
func (s *settings) read(flags *pflag.FlagSet, environ []string) error {
	if err := readVariables(flags, environ); err != nil {
		return err
	}
	s.portGiven = flags.Changed("port")
	if err := s.fleet.read(environ); err != nil {
		return err
	}
	if !flags.Changed("log-level") && lookup(environ, "HELIX_LOG") == "" {
		s.readRustLog(lookup(environ, "RUST_LOG"))
	}
	if err := s.readTraces(flags, environ); err != nil {
		return err
	}
	return s.readToken(lookup(environ, "HELIX_TOKEN"))
}

// readTraces takes the two variables of OpenTelemetry that have no flag.
func (s *settings) readTraces(flags *pflag.FlagSet, environ []string) (err error) {
	const exact = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" // comes before the endpoint of all signals
	if text := lookup(environ, exact); text != "" && !flags.Changed("otel-endpoint") {
		if s.spansTo, err = parseTracesEndpoint(text); err != nil {
			return exitf(exitUsage, "%s=%s %w", exact, text, err)
		}
	}
	if strings.EqualFold(lookup(environ, "OTEL_SDK_DISABLED"), "true") {
		s.spansTo = ""
	}
	return nil
}

func readVariables(flags *pflag.FlagSet, environ []string) error {
	for _, v := range slices.Concat(variables, fleetVariables) {
		f, text := flags.Lookup(v[0]), lookup(environ, v[1])
		if f == nil || f.Changed || text == "" {
			continue
		}
		if err := f.Value.Set(text); err != nil {
			return exitf(exitUsage, "%s=%s %w", v[1], text, err)
		}
	}
	return nil
}

// lookup returns a variable, "" when it is empty or not set. As in a shell, the last
// of several wins.
func lookup(environ []string, name string) (found string) {
	for _, pair := range environ {
		if key, text, ok := strings.Cut(pair, "="); ok && key == name {
			found = strings.TrimSpace(text)
		}
	}
	return found
}

// readRustLog takes the original's variable where it says no more than a level. Its
// filters by module have no meaning here.
func (s *settings) readRustLog(text string) {
	if text == "trace" {
		text = "debug"
	}
	if level, err := parseLevel(text); err == nil {
		s.level, s.rustLog = level, true
	}
}

func (s *settings) readToken(variable string) error {
	s.token = variable
	if s.tokenFile == "" {
		return nil
	}
	text, err := os.ReadFile(s.tokenFile)
	if err != nil {
		return exitf(exitUsage, "--token-file: %w", err)
	}
	if s.token = strings.TrimSpace(string(text)); s.token == "" {
		return exitf(exitUsage, "--token-file: %s is empty", s.tokenFile)
	}
	return nil
}

// address is where to listen.
func (s *settings) address() string {
	if !s.portGiven {
		return s.addr
	}
	host, _, _ := net.SplitHostPort(s.addr) // parseAddress has seen it
	return net.JoinHostPort(host, strconv.FormatUint(s.port, 10))
}

// configure loads the router's configuration.
func (p program) configure(path string, flags *pflag.FlagSet) (configfile.Effective, error) {
	source := configfile.Source{Path: path, Environ: p.environ, Flags: flags}
	effective, err := configfile.Load(source)
	if err == nil {
		return effective, nil
	}
	source.Flags = nil
	if _, without := configfile.Load(source); without == nil { // so the flags alone are at fault
		return effective, exitf(exitUsage, "%w", err)
	}
	return effective, &exitError{exitConfig, fmt.Errorf("the configuration is invalid:\n%w", err)}
}
