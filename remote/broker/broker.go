package broker

import (
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// readyWithin is how long a server may take to start: its store may be large.
const readyWithin = 30 * time.Second

// Server is a running NATS server. Safe for concurrent use.
type Server struct {
	nats  *server.Server
	store *os.File // holds the lock of the store; nil = there is none
	once  sync.Once
}

// Start starts a server and returns when it takes connections. The error tells everything that is wrong.
func Start(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("the embedded NATS server: %w", err)
	}
	for _, address := range []string{o.Listen, o.ClusterListen} {
		if err := free(address); err != nil {
			return nil, fmt.Errorf("the embedded NATS server cannot listen: %w: choose another address, or stop what listens there", err)
		}
	}
	so, err := o.server()
	if err != nil {
		return nil, fmt.Errorf("the embedded NATS server: %w", err)
	}
	store, err := claimStore(o.StoreDir)
	if err != nil {
		return nil, fmt.Errorf("the embedded NATS server: %w", err)
	}
	ns, err := server.NewServer(so)
	if err != nil {
		if store != nil {
			_ = store.Close()
		}
		return nil, fmt.Errorf("the embedded NATS server: %w", err)
	}
	s := &Server{nats: ns, store: store}
	failed := make(chan string, 1)
	ns.SetLoggerV2(&logger{log: o.Logger, failed: failed}, false, false, false)
	go ns.Start() // it returns at once, but for a fault that it would end the process for
	ready := make(chan bool, 1)
	go func() { ready <- ns.ReadyForConnections(readyWithin) }()
	select {
	case why := <-failed:
		s.Close()
		return nil, fmt.Errorf("the embedded NATS server did not start: %s", why)
	case ok := <-ready:
		if !ok {
			s.Close()
			return nil, fmt.Errorf("the embedded NATS server is not ready after %v: look at what it logs", readyWithin)
		}
	}
	return s, nil
}

// free reports whether an address can be listened on: the server itself would only log that it cannot.
func free(address string) error {
	if address == "" || strings.HasSuffix(address, ":0") {
		return nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return l.Close()
}

// InProcess is what connects without a listener: for nats.InProcessServer, and remote.Options.Server.
func (s *Server) InProcess() nats.InProcessConnProvider { return s.nats }

// URL is where clients connect; without a listener it leads nowhere.
func (s *Server) URL() string { return s.nats.ClientURL() }

// ClusterAddr is where the servers of other nodes connect, "" for nowhere.
func (s *Server) ClusterAddr() string {
	if a := s.nats.ClusterAddr(); a != nil {
		return a.String()
	}
	return ""
}

// Routes is how many connections there are with other nodes' servers.
func (s *Server) Routes() int { return s.nats.NumRoutes() }

// Close ends the server and waits until it has.
func (s *Server) Close() {
	s.once.Do(func() {
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
		if s.store != nil {
			_ = s.store.Close() // nothing was written through it
		}
	})
}
