package httpapi

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// pacePerSecond and paceBurst bound the writes of one address beyond loopback, jobs
	// excepted: a script that sets a configuration needs a few, a loop that guesses tokens
	// or floods the log more.
	pacePerSecond = 10
	paceBurst     = 40
	// maxWriters bounds the table of addresses: some 200 KB.
	maxWriters = 1024
)

// writer is who writes. Those whose token is wrong have a pace of their own, so that they
// cannot use up that of those behind the same proxy whose token is right.
type writer struct {
	from       netip.Prefix
	authorized bool
}

// pace bounds how often each writer writes.
type pace struct {
	now func() time.Time

	mu      sync.Mutex
	writers map[writer]*rate.Limiter // at most maxWriters; guarded by mu
}

func newPace(now func() time.Time) *pace { return &pace{now: now, writers: map[writer]*rate.Limiter{}} }

// wait counts a write and returns 0, or how long to wait when there were too many.
func (p *pace) wait(w writer) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	limit, known := p.writers[w]
	if !known {
		p.makeRoomLocked(now)
		limit = rate.NewLimiter(pacePerSecond, paceBurst)
		p.writers[w] = limit
	}
	if limit.AllowN(now, 1) {
		return 0
	}
	return time.Duration((1 - limit.TokensAt(now)) / pacePerSecond * float64(time.Second))
}

// makeRoomLocked forgets writers that have not written of late, and if all have, any one: with
// a thousand networks against us its pace is the least of our troubles.
func (p *pace) makeRoomLocked(now time.Time) {
	if len(p.writers) < maxWriters {
		return
	}
	for w, limit := range p.writers {
		if limit.TokensAt(now) >= paceBurst {
			delete(p.writers, w)
		}
	}
	for w := range p.writers {
		if len(p.writers) < maxWriters {
			return
		}
		delete(p.writers, w)
	}
}

// network is where a request comes from. Who has one IPv6 address has 2^64 of them.
func network(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	addr, bits := peer.Addr().Unmap().WithZone(""), 64
	if addr.Is4() {
		bits = 32
	}
	prefix, _ := addr.Prefix(bits) // the bits are those of its family
	return prefix
}
