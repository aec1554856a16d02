package helix

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/feedback"
)

// tenantTable finds the numbers under which tenants' accounts are kept. Reading takes no
// lock: the map is replaced, never changed.
type tenantTable struct {
	byName atomic.Pointer[map[string]uint16]
	full   atomic.Bool // no number is left; until the next sweep

	mu    sync.Mutex // after Router.mu
	free  []uint16   // numbers that were given back; guarded by mu
	next  uint16     // the next that was never given, less the two that are nobody's; guarded by mu
	swept time.Duration
}

// sweepEvery is how often tenants that are gone are forgotten. A name comes from a request: who
// sends thousands of them fills the table for that long, and others count as one tenant.
const sweepEvery = 10 * time.Second

// number returns the number of a name, and gives it one at first sight. When all are
// taken it is that of all others.
func (t *tenantTable) number(name string) uint16 {
	if known := t.byName.Load(); known != nil {
		if n, ok := (*known)[name]; ok {
			return n
		}
	}
	if t.full.Load() { // who sends thousands of names must not make all wait for a lock
		return feedback.AnyTenant
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	names := map[string]uint16{}
	if known := t.byName.Load(); known != nil {
		if n, ok := (*known)[name]; ok {
			return n
		}
		if len(*known) >= feedback.MaxTenants-2 {
			t.full.Store(true)
			return feedback.AnyTenant
		}
		names = maps.Clone(*known)
	}
	n := feedback.AnyTenant + 1 + t.next
	if last := len(t.free) - 1; last >= 0 {
		n, t.free = t.free[last], t.free[:last]
	} else {
		t.next++
	}
	names[strings.Clone(name)] = n // not what the name was cut from
	t.byName.Store(&names)
	return n
}

// sweep forgets who has not asked for anything for a while. It is for the control loop.
func (t *tenantTable) sweep(now time.Duration, b *feedback.Brain) {
	known := t.byName.Load()
	if known == nil || now-t.swept < sweepEvery {
		return
	}
	t.swept = now
	t.mu.Lock()
	defer t.mu.Unlock()
	names := maps.Clone(*t.byName.Load())
	for name, n := range names {
		if b.Tenant(n).Idle {
			delete(names, name)
			b.ForgetTenant(n)
			t.free = append(t.free, n)
		}
	}
	t.byName.Store(&names)
	t.full.Store(false)
}

// TenantStats is what one tenant asks for and gets. Under the threshold policy there are none.
type TenantStats struct {
	Tenant  string        // "" for all beyond those that are told apart
	Demand  float64       // cores that it asks for, half of it in the last 2 s; refused work included
	Floor   float64       // cores that it is guaranteed while others are refused; 0 while it is alone
	Over    bool          // it asks for more than an even part, and there is not enough for all
	Served  time.Duration // predicted core time that was let in, since it came
	Refused uint64        // jobs that were not, since it came
}

// tenantStatsLocked lists the tenants by name. Router.mu is held.
func (r *Router) tenantStatsLocked() []TenantStats {
	known := r.tenants.byName.Load()
	if known == nil {
		return nil
	}
	rows := make([]TenantStats, 0, len(*known)+1)
	add := func(name string, n uint16) {
		a := r.brain.Tenant(n)
		rows = append(rows, TenantStats{name, a.Demand, a.Floor, a.Over, a.Served, a.Refused})
	}
	for name, n := range *known {
		add(name, n)
	}
	if a := r.brain.Tenant(feedback.AnyTenant); a.Served > 0 || a.Refused > 0 {
		add("", feedback.AnyTenant)
	}
	slices.SortFunc(rows, func(a, b TenantStats) int { return strings.Compare(a.Tenant, b.Tenant) })
	return rows
}
