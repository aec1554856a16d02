package remote

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	// pingEvery and pingsOut find a connection that is open and dead within 6 s; NATS' own 2 min and two
	// would leave a node for minutes with a server that hangs.
	pingEvery = 2 * time.Second
	pingsOut  = 2
	// writeWithin bounds a write to a server that does not read.
	writeWithin = 2 * time.Second
	// redialAfter is between two attempts to connect again, with as much jitter, so that a fleet does not come in step.
	redialAfter = 100 * time.Millisecond
	dialWithin  = 2 * time.Second
)

// Conn is a node's connection with NATS. It connects again for ever, and while it is gone the
// router decides alone. Safe for concurrent use.
type Conn struct {
	nc      *nats.Conn
	options Options
	lastErr atomic.Pointer[string]
	up      atomic.Bool // there is a server, as far as the callbacks have come; nc's own answer waits for a write that hangs

	mu        sync.Mutex
	listeners map[int]listener // guarded by mu
	next      int              // guarded by mu
}

// listener is told what happens to the connection. Calls come one at a time, without a lock held.
type listener struct {
	lost      func()               // it is gone, and with it every answer that is under way
	back      func()               // it is there again, or for the first time
	forbidden func(subject string) // the server refuses what is sent there
}

// Dial connects with NATS. It succeeds too while no server answers: the connection then comes later.
// The error tells everything that is wrong with the options.
func Dial(o Options) (*Conn, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("NATS options: %w", err)
	}
	c := &Conn{options: o, listeners: map[int]listener{}}
	nc, err := nats.Connect(o.URL, c.natsOptions()...)
	if err != nil {
		return nil, fmt.Errorf("NATS at %s: %w", o.where(), err)
	}
	c.nc = nc
	c.up.Store(nc.IsConnected())
	return c, nil
}

func (o *Options) where() string {
	if o.Server != nil {
		return "this process"
	}
	parts := strings.Split(o.URL, ",")
	for i, one := range parts {
		if u, err := url.Parse(strings.TrimSpace(one)); err == nil {
			parts[i] = u.Redacted()
		}
	}
	return strings.Join(parts, ",")
}

func (c *Conn) natsOptions() []nats.Option {
	o := &c.options
	options := []nats.Option{
		nats.Name("helix " + o.Node), nats.Timeout(dialWithin), nats.FlusherTimeout(writeWithin),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsOut),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(redialAfter), nats.ReconnectJitter(redialAfter, redialAfter),
		nats.IgnoreAuthErrorAbort(),
		nats.ReconnectBufSize(-1), // what cannot be sent now is not sent later: the job has gone elsewhere by then
		nats.DisconnectErrHandler(c.disconnected), nats.ReconnectHandler(c.connected), nats.ConnectHandler(c.connected),
		nats.ErrorHandler(c.failed), nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { c.note(err.Error()) }),
	}
	if o.Server != nil {
		options = append(options, nats.InProcessServer(o.Server))
	}
	if o.Credentials != "" {
		options = append(options, nats.UserCredentials(o.Credentials))
	}
	if o.User != "" {
		options = append(options, nats.UserInfo(o.User, o.Password))
	}
	if o.Token != "" {
		options = append(options, nats.Token(o.Token))
	}
	if o.Server != nil {
		return options // within a process there is nothing to encrypt
	}
	if o.CA != "" {
		options = append(options, nats.RootCAs(o.CA))
	}
	if o.Cert != "" {
		options = append(options, nats.ClientCert(o.Cert, o.Key))
	}
	if o.CA != "" || o.Cert != "" {
		options = append(options, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	return options
}

// Node is this machine's name among the peers.
func (c *Conn) Node() string { return c.options.Node }

// NATS is the connection itself, for what this package does not do, such as durable jobs.
func (c *Conn) NATS() *nats.Conn { return c.nc }

// Where is what it connects with: the URLs without passwords, or "this process".
func (c *Conn) Where() string { return c.options.where() }

// Connected reports whether there is a server now. It answers at once.
func (c *Conn) Connected() bool { return c.up.Load() }

// LastError is the last that went wrong with the connection, "" if nothing has.
func (c *Conn) LastError() string {
	if e := c.lastErr.Load(); e != nil {
		return *e
	}
	return ""
}

// Close ends the connection. Close what uses it first.
func (c *Conn) Close() { c.nc.Close() }

func (c *Conn) subject(parts ...string) string {
	s := c.options.Prefix
	for _, p := range parts {
		s += "." + p
	}
	return s
}

// listen adds a listener; the function that it returns takes it away.
func (c *Conn) listen(l listener) (leave func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.next
	c.next++
	c.listeners[id] = l
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.listeners, id)
	}
}

func (c *Conn) tell(what func(listener)) {
	c.mu.Lock()
	all := make([]listener, 0, len(c.listeners))
	for _, l := range c.listeners {
		all = append(all, l)
	}
	c.mu.Unlock()
	for _, l := range all {
		what(l)
	}
}

func (c *Conn) note(text string) { c.lastErr.Store(&text) }

func (c *Conn) disconnected(nc *nats.Conn, err error) {
	c.up.Store(nc.IsConnected())
	if err == nil {
		return // it was closed
	}
	c.note(err.Error())
	c.options.Log.Warn("connection with NATS lost: jobs stay here until it is back", slog.Any("error", err))
	c.tell(func(l listener) {
		if l.lost != nil {
			l.lost()
		}
	})
}

func (c *Conn) connected(nc *nats.Conn) {
	c.up.Store(nc.IsConnected())
	c.options.Log.Info("connected with NATS", slog.String("server", c.server(nc)), slog.String("node", c.options.Node))
	c.tell(func(l listener) {
		if l.back != nil {
			l.back()
		}
	})
}

// server is the one that there is a connection with, "" = none.
func (c *Conn) server(nc *nats.Conn) string {
	switch {
	case !nc.IsConnected():
		return ""
	case c.options.Server != nil:
		return c.options.where()
	}
	return nc.ConnectedUrlRedacted()
}

// forbidden finds the subject in what the server says of a permission.
var forbidden = regexp.MustCompile(`(?i)permissions violation for (publish|subscription) to "([^"]+)"`)

// failed gets the errors that come by themselves. A publish to a forbidden subject is one: its sender only ever
// sees that no answer comes.
func (c *Conn) failed(_ *nats.Conn, _ *nats.Subscription, err error) {
	c.note(err.Error())
	if errors.Is(err, nats.ErrPermissionViolation) {
		c.options.Log.Error("NATS forbids a subject: give this node's account the permission", slog.Any("error", err))
		if m := forbidden.FindStringSubmatch(err.Error()); m != nil {
			c.tell(func(l listener) {
				if l.forbidden != nil {
					l.forbidden(m[2])
				}
			})
		}
		return
	}
	c.options.Log.Warn("NATS reports an error", slog.Any("error", err))
}
