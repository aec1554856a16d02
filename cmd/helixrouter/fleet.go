package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/helixotel"
	"github.com/helixrouter/helix/remote"
	"github.com/helixrouter/helix/remote/broker"
	"github.com/helixrouter/helix/remote/fleetstate"
)

// fleet is this process's part in a fleet: a server where it has one, the connection, what sends
// jobs, what takes them, and what is shared. A nil *fleet does nothing, and is what the daemon has
// without one.
type fleet struct {
	settings *fleetSettings
	log      *slog.Logger
	traced   bool

	broker  *broker.Server // nil = the server is somebody else's
	conn    *remote.Conn
	client  *remote.Client     // nil = it sends nothing
	worker  *remote.Worker     // nil = it takes nothing yet
	sharer  *fleetstate.Sharer // nil = nothing is shared
	durable *durableWorker     // nil = it takes no durable jobs
}

// openFleet starts the server, if there is to be one, and connects. A server of somebody else's may be
// away: it is connected with when it comes.
func openFleet(s *fleetSettings, sends, traced bool, log *slog.Logger) (f *fleet, err error) {
	if !s.on() {
		return nil, nil
	}
	f = &fleet{settings: s, log: log, traced: traced}
	options := s.dialOptions(log)
	if s.cluster {
		if f.broker, err = broker.Start(s.brokerOptions(log)); err != nil {
			return nil, err
		}
		options.URL, options.Server, options.Credentials = "", f.broker.InProcess(), ""
	}
	if f.conn, err = remote.Dial(options); err == nil && sends {
		o := remote.ClientOptions{}
		if traced {
			o.Inject = helixotel.Inject
		}
		f.client, err = remote.NewClient(f.conn, o)
	}
	if err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// dialOptions lead to NATS.
func (f *fleetSettings) dialOptions(log *slog.Logger) remote.Options {
	o := remote.Options{URL: f.nats, Node: f.node, Credentials: f.creds, CA: f.ca, Cert: f.cert, Key: f.key, Log: log}
	if f.secret != "" {
		o.User, o.Password = broker.User, f.secret
	}
	return o
}

func (f *fleetSettings) brokerOptions(log *slog.Logger) broker.Options {
	return broker.Options{
		Name: f.node, Listen: f.listen, ClusterListen: f.mesh, Routes: f.routes, StoreDir: f.store,
		CA: f.ca, Cert: f.cert, Key: f.key, Secret: f.secret, Logger: log,
	}
}

// options are the router's.
func (f *fleet) options() []helix.Option {
	if f == nil || f.client == nil {
		return nil
	}
	return []helix.Option{helix.WithTransport(f.client)}
}

// join begins to take jobs, and to share. The router has its kinds by now.
func (f *fleet) join(r *helix.Router) (err error) {
	if f == nil {
		return nil
	}
	o := remote.WorkerOptions{}
	if f.traced {
		o.Extract = helixotel.Extract
	}
	if f.worker, err = remote.NewWorker(f.conn, r, o); err != nil {
		return fmt.Errorf("taking jobs of the fleet: %w", err)
	}
	if len(f.settings.share) > 0 {
		f.sharer = fleetstate.Share(f.conn.NATS(), r, fleetstate.Options{
			Config: slices.Contains(f.settings.share, "config"), Weights: slices.Contains(f.settings.share, "weights"), Log: f.log,
		})
	}
	if f.settings.durable {
		f.durable = takeDurable(f.conn, r, f.log)
	}
	f.log.Info("part of a fleet", slog.String("node", f.conn.Node()), slog.String("server", f.where()))
	return nil
}

func (f *fleet) where() string {
	if f.settings.listen != "" {
		return f.broker.URL()
	}
	return f.conn.Where()
}

// notes are what is wrong, for /readyz.
func (f *fleet) notes() (notes []string) {
	if f == nil {
		return nil
	}
	if !f.conn.Connected() {
		notes = append(notes, "no connection with NATS, and this node goes on alone: "+f.conn.LastError())
	}
	if f.sharer != nil {
		notes = append(notes, f.sharer.Notes()...)
	}
	return append(notes, f.durable.notes()...)
}

// leave takes no more jobs and answers those that it has, until ctx ends.
func (f *fleet) leave(ctx context.Context) {
	if f == nil || f.worker == nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { f.durable.close(ctx) })
	defer both.Wait()
	if err := f.worker.Close(ctx); err != nil {
		f.log.Warn("jobs of the fleet were cut short", slog.Any("error", err))
	}
	f.worker = nil
}

// close ends everything; the router has ended by then.
func (f *fleet) close() {
	if f == nil {
		return
	}
	if f.sharer != nil {
		f.sharer.Close()
	}
	if f.client != nil {
		f.client.Close()
	}
	if f.conn != nil {
		f.conn.Close()
	}
	if f.broker != nil {
		f.broker.Close()
	}
}

// pushWithin is how long a command waits for the fleet's server.
const pushWithin = 10 * time.Second

// dialOnce connects for one command, and fails where no server answers.
func (f *fleetSettings) dialOnce(log *slog.Logger) (*remote.Conn, error) {
	conn, err := remote.Dial(f.dialOptions(log))
	if err != nil {
		return nil, exitf(exitUsage, "%w", err)
	}
	for end := time.Now().Add(pushWithin); !conn.Connected(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			conn.Close()
			return nil, exitf(exitFailure, "no answer from %s within %v: %w", conn.Where(), pushWithin, errors.New(conn.LastError()))
		}
	}
	return conn, nil
}
