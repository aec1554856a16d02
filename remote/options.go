package remote

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go"
)

// Options say how to reach NATS. One of URL and Server is needed.
type Options struct {
	// URL of one server or several, separated by commas: nats://host:4222 or tls://host:4222.
	URL string
	// Server is one in this process, such as a broker.Server gives; it comes before URL.
	Server nats.InProcessConnProvider
	// Node is this machine's name among the peers: 1 to 64 letters, digits, - and _. Default: the
	// host's name and four random digits, so that two processes on a machine are two nodes.
	Node string
	// Prefix of all subjects, one token. Default "helix". Fleets with different ones do not see each other.
	Prefix string
	// Credentials is the path of a NATS credentials file (JWT and seed); "" = none.
	Credentials string
	// User and Password, or Token, where the server asks for them.
	User, Password, Token string
	// CA is the path of the certificates that the server's must come from; "" = the system's. Cert
	// and Key are the paths of this node's own, where the server asks for one.
	CA, Cert, Key string
	// Log is where changes of the connection are told. Default: nowhere.
	Log *slog.Logger
}

var token = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// CheckName reports what is wrong with a name of a node or a prefix.
func CheckName(name string) error {
	if !token.MatchString(name) {
		return errors.New("must be 1 to 64 letters, digits, - and _")
	}
	return nil
}

// complete fills in the defaults and reports everything that is wrong.
func (o *Options) complete() error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Prefix == "" {
		o.Prefix = "helix"
	}
	if o.Node == "" {
		o.Node = defaultNode()
	}
	var faults []error
	if o.URL == "" && o.Server == nil {
		faults = append(faults, errors.New("neither URL nor Server is given: say where NATS is"))
	}
	for _, x := range [][2]string{{"Node", o.Node}, {"Prefix", o.Prefix}} {
		if err := CheckName(x[1]); err != nil {
			faults = append(faults, fmt.Errorf("the option %s %q: %w", x[0], x[1], err))
		}
	}
	if (o.Cert == "") != (o.Key == "") {
		faults = append(faults, errors.New("one of Cert and Key is missing: give both or none"))
	}
	for _, path := range []string{o.Credentials, o.CA, o.Cert, o.Key} {
		if path == "" {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

func defaultNode() string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	host = strings.Map(func(c rune) rune {
		if token.MatchString(string(c)) {
			return c
		}
		return '-'
	}, host)
	var own [2]byte
	_, _ = rand.Read(own[:]) // it never fails
	return host[:min(len(host), 48)] + "-" + hex.EncodeToString(own[:])
}
