package remote

import (
	"context"
	crypto "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/peer"
)

// ClientOptions say how a Client sends. The zero value is valid.
type ClientOptions struct {
	// Inject writes the trace of a job's context into the headers of its message: traceparent and
	// tracestate. Default: no trace crosses the wire.
	Inject func(ctx context.Context, header map[string][]string)
}

// Client sends jobs to the workers that it hears of. It is the helix.Transport of a router, or of several.
// Safe for concurrent use.
type Client struct {
	conn    *Conn
	log     *slog.Logger
	inject  func(ctx context.Context, header map[string][]string)
	epoch   time.Time
	stop    []func()       // what NewClient has begun, to be undone by Close
	quit    chan struct{}  // closed to end the watch
	running sync.WaitGroup // the watch, and attempts whose callers have not waited for them

	mu       sync.Mutex
	fleet    peer.Fleet
	budget   peer.Budget
	attempts map[*attempt]struct{}    // under way
	heavy    map[string]time.Duration // kinds of which a job was too large to send, and until when none is offered
	forbade  map[string]time.Duration // when NATS last forbade a subject, by its node; at most peer.MaxPeers
	sessions map[string]string        // of the workers, by their names; at most peer.MaxPeers
	sender   string                   // random; begins the numbers of all jobs
	numbers  uint64                   // given
	owed     []call                   // that wait for a connection; at most mostOwed
	counts   counts
	closed   bool
}

type counts struct{ attempts, done, returned, retries, hedges uint64 }

var _ helix.Transport = (*Client)(nil)

// NewClient begins to listen for workers. Close it before the connection, and after the routers that use it.
func NewClient(conn *Conn, o ClientOptions) (*Client, error) {
	c := &Client{
		conn: conn, log: conn.options.Log, inject: o.Inject, epoch: time.Now(), quit: make(chan struct{}),
		attempts: map[*attempt]struct{}{}, heavy: map[string]time.Duration{},
		sessions: map[string]string{}, forbade: map[string]time.Duration{}, sender: crypto.Text(),
	}
	c.fleet.Speed = speed()
	sub, err := conn.nc.Subscribe(conn.subject("load", "*"), c.heartbeat)
	if err != nil {
		return nil, fmt.Errorf("listening for workers: %w", err)
	}
	c.stop = []func(){func() { _ = sub.Unsubscribe() }, conn.listen(listener{lost: c.disconnected, back: c.connected, forbidden: c.forbidden})}
	c.running.Go(c.watch)
	return c, nil
}

// Close stops listening and ends what is under way. It returns when nothing runs any more.
func (c *Client) Close() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	c.mu.Unlock()
	for _, stop := range c.stop {
		stop()
	}
	close(c.quit)
	c.breakOff(errClosed, func(*attempt) bool { return true })
	c.running.Wait()
}

func (c *Client) now() time.Duration { return time.Since(c.epoch) }

// Why attempts end without an answer.
var (
	errClosed       = errors.New("the client was closed")
	errDisconnected = errors.New("the connection with NATS was lost, and the answer with it")
	errSilent       = fmt.Errorf("the peer has said nothing for %v", peer.Fresh)
	errDeadline     = errors.New("the job's time is over and no answer came")
	errNotNeeded    = errors.New("another attempt has answered")
	errForgotten    = errors.New("the peer has started or connected anew, and does not have the job")
	errTooLarge     = errors.New("the job is too large for one message")
)

// heartbeat takes in what a worker says by itself: its load, and in the body its kinds, one a line.
func (c *Client) heartbeat(m *nats.Msg) {
	node := m.Subject[strings.LastIndexByte(m.Subject, '.')+1:]
	report, err := parseLoad(m.Header.Get(headerLoad))
	if err != nil {
		c.log.Debug("a heartbeat cannot be read", slog.String("node", node), slog.Any("error", err))
		return
	}
	if node == c.conn.Node() {
		return // what runs here need not cross a wire
	}
	kinds := strings.Split(string(m.Data), "\n")
	c.mu.Lock()
	c.fleet.Hear(c.now(), node, kinds, report)
	unwanted := c.meetLocked(node, m.Header)
	c.mu.Unlock()
	for _, number := range unwanted {
		c.callOff(node, number)
	}
}

// Quote implements helix.Transport.
func (c *Client) Quote(kind string, service time.Duration) helix.Quote {
	if !c.conn.Connected() {
		return helix.Quote{}
	}
	chance := rand.Uint64()
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.closed || len(c.heavy) > 0 && now < c.heavy[kind] {
		return helix.Quote{}
	}
	return c.fleet.Choose(now, kind, service, chance)
}

// PeerName implements helix.Transport.
func (c *Client) PeerName(id uint32) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nameLocked(id)
}

// anyWorker is the name of the queue group among peers.
const anyWorker = "any"

func (c *Client) nameLocked(id uint32) string {
	if name := c.fleet.Name(id); name != "" {
		return name
	}
	return anyWorker
}

// watchEvery is how often the client looks for peers that have fallen silent: a twentieth of the time that
// makes one silent.
const watchEvery = peer.Fresh / 20

// watch ends what was sent to peers that say nothing any more.
func (c *Client) watch() {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-c.quit:
			return
		case <-ticker.C:
		}
		now := c.now()
		c.breakOff(errSilent, func(a *attempt) bool { return a.peer != 0 && c.fleet.Silent(now, a.peer) })
	}
}

func (c *Client) disconnected() {
	c.breakOff(errDisconnected, func(*attempt) bool { return true })
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.sessions) // some may end while nothing is heard of them
}

// breakOff ends the attempts that are meant.
func (c *Client) breakOff(why error, meant func(*attempt) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for a := range c.attempts {
		if meant(a) {
			a.cancel(why)
		}
	}
}

// Fleet implements helix.Transport.
func (c *Client) Fleet() helix.Fleet {
	f := helix.Fleet{Node: c.conn.Node(), Connected: c.conn.Connected(), LastError: c.conn.LastError()}
	if f.Connected {
		f.Server = c.conn.server(c.conn.nc) // without c.mu, since it waits for a write that hangs
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f.Sent = c.counts.attempts - c.counts.retries - c.counts.hedges
	f.Done, f.Returned, f.Retries, f.Hedges = c.counts.done, c.counts.returned, c.counts.retries, c.counts.hedges
	f.Budget = c.budget.Left()
	for _, v := range c.fleet.Look(c.now()) {
		f.Peers = append(f.Peers, peerOf(&v))
	}
	return f
}

func peerOf(v *peer.View) helix.Peer {
	p := helix.Peer{
		Name: v.Name, State: states[v.State], Why: v.Why, Age: v.Age,
		InFlight: v.Report.InFlight, Backlog: v.Report.Backlog, Lanes: v.Report.Lanes, Scarcity: v.Report.Scarcity, Speed: v.Speed,
		Outstanding: v.Outstanding, Overhead: v.Overhead, Doubt: v.Doubt,
		Sent: v.Counts.Sent, Done: v.Counts.Done, Failed: v.Counts.Failed, Refused: v.Counts.Refused, Lost: v.Counts.Lost,
	}
	for _, k := range v.Kinds {
		p.Kinds = append(p.Kinds, helix.PeerKind{Kind: k.Kind, Slowth: k.Ratio, Samples: k.Samples})
	}
	return p
}

var states = [...]helix.PeerState{
	peer.Ready: helix.PeerReady, peer.Stale: helix.PeerStale, peer.Draining: helix.PeerDraining,
	peer.Ejected: helix.PeerEjected, peer.Trial: helix.PeerTrial,
}
