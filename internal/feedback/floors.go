package feedback

import (
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

const (
	// MaxTenants is how many tenants are told apart; NoTenant and AnyTenant are among them.
	MaxTenants = 256
	// NoTenant has the work that names nobody.
	NoTenant = 0
	// AnyTenant has the work of all tenants beyond those that are told apart.
	AnyTenant = 1

	// classFloor is the share of the cores that each class is guaranteed: as much as a kind. More
	// would be taken from a class that matters more.
	classFloor = floor
	numClasses = int(route.ClassCriticalPlus) + 1
	// gone is how long a class counts after its last job.
	gone = 10 * time.Second
	// saved is how much of its guarantee a tenant can save up, and how much it can be ahead.
	// Longer, and who was quiet for a while may stop all others; shorter, and two jobs at
	// once are too many for who sends one a second.
	saved = time.Second
	// tenantHalf is the half-life of what a tenant is taken to ask for.
	tenantHalf = 2 * time.Second
	// nobody is the demand, in cores, below which a tenant is gone: after 40 s of silence, if it
	// asked for one core.
	nobody = 1e-6
	// wantedHalf is the half-life of what a class or tenant is taken to need for its next job.
	wantedHalf = 5 * time.Second
)

// floors keep classes and tenants from being refused all of their work where other
// work is smaller: who has had less than its floor may pass the door. Sizes alone
// would give a tenant of long jobs nothing beside one who floods the door with short ones.
// Safe for concurrent use, but for update.
type floors struct {
	share   float64 // of an even part of the cores that each tenant is guaranteed
	classes [numClasses]purse
	several atomic.Bool               // classes are at work, so that one may keep another from it
	came    [numClasses]time.Duration // when a job of a class last came; of update
	tenants [MaxTenants]tenant
	used    atomic.Int32 // tenants have numbers below it
	level   float64      // cores that each tenant is guaranteed; of update
}

// purse is core time that may still pass, in ns.
type purse struct {
	credit atomic.Int64
	wanted atomic.Int64 // the largest job that did not pass since the last update

	need float64 // the largest of late; of update
}

// take passes a job if there is credit for it.
func (p *purse) take(work time.Duration) bool {
	for {
		credit := p.credit.Load()
		if credit < int64(work) {
			if int64(work) > p.wanted.Load() {
				p.wanted.Store(int64(work)) // of two at once either will do
			}
			return false
		}
		if p.credit.CompareAndSwap(credit, credit-int64(work)) {
			return true
		}
	}
}

// fill adds what has been earned, up to what can be saved or is wanted.
func (p *purse) fill(earned, most, keep float64) {
	p.need = max(float64(p.wanted.Swap(0)), p.need*keep)
	most = max(most, p.need)
	credit := p.credit.Load()
	p.credit.Add(int64(min(max(float64(credit)+earned, -most), most)) - credit)
}

// tenant is the account of one tenant.
type tenant struct {
	purse
	asked   atomic.Int64 // ns of predicted core time since the last update
	refused atomic.Uint64
	served  atomic.Uint64 // ns of predicted core time, since the start
	over    atomic.Bool   // it asks for more than an even part, and there is not enough for all

	demand stats.HalfLife // of update, as is cores
	cores  float64        // that it asks for; 0 = it is gone
}

// pass reports whether a job that the door refuses for want of cores may run all the same.
func (f *floors) pass(class route.Class, tenant uint16, work time.Duration) bool {
	if tenant != NoTenant && f.tenants[tenant].take(work) {
		return true
	}
	return f.several.Load() && f.classes[class].take(work)
}

// count counts a job that came, and whether it was let in.
func (f *floors) count(tenant uint16, work time.Duration, in bool) {
	if tenant == NoTenant {
		return
	}
	for n := f.used.Load(); int32(tenant) >= n && !f.used.CompareAndSwap(n, int32(tenant)+1); n = f.used.Load() {
	}
	t := &f.tenants[tenant]
	t.asked.Add(int64(work))
	if !in {
		t.refused.Add(1)
		return
	}
	t.served.Add(uint64(work))
}

// turnAway takes back that a job was let in.
func (f *floors) turnAway(tenant uint16, work time.Duration) {
	if tenant != NoTenant {
		f.tenants[tenant].served.Add(-uint64(work))
		f.tenants[tenant].refused.Add(1)
	}
}

// pay takes the price of a job that passed the door by itself: what a class or tenant
// gets anyway counts towards its floor.
func (f *floors) pay(class route.Class, tenant uint16, work time.Duration) {
	if f.several.Load() {
		f.classes[class].credit.Add(-int64(work))
	}
	if tenant != NoTenant {
		f.tenants[tenant].credit.Add(-int64(work))
	}
}

// update fills the purses. arrived is what came since the last update.
func (f *floors) update(now, since time.Duration, cores float64, arrived *[admission.Cells]uint64) {
	if since <= 0 {
		return
	}
	f.classesOf(now, arrived)
	tenants := f.tenants[:f.used.Load()]
	n, all := asking(tenants, now, since, arrived)
	even := cores / float64(max(n, 1))
	f.level = 0
	if n > 1 { // or there is nobody to be kept from
		f.level = even * f.share
	}
	keep := stats.Exp2(-float64(since) / float64(wantedHalf))
	for i := range tenants {
		t := &tenants[i]
		t.over.Store(n > 1 && all > cores && t.cores > even)
		if t.cores > 0 {
			t.fill(f.level*float64(since), f.level*float64(saved), keep)
		}
	}
	for i := range f.classes {
		f.classes[i].fill(classFloor*cores*float64(since), classFloor*cores*float64(saved), keep)
	}
}

// classesOf takes in whose work arrived. The first cell has work of all classes, that runs
// inline or was let in for a floor.
func (f *floors) classesOf(now time.Duration, arrived *[admission.Cells]uint64) {
	for cell, work := range arrived {
		if work > 0 && cell > 0 {
			f.came[admission.Cell(cell).Class()] = now
		}
	}
	n := 0
	for _, at := range f.came {
		if at > 0 && now-at < gone {
			n++
		}
	}
	f.several.Store(n > 1)
}

// asking moves the demand of the tenants, and returns how many ask and for how many cores. All work
// that names nobody is one tenant's.
func asking(tenants []tenant, now, since time.Duration, arrived *[admission.Cells]uint64) (n int, all float64) {
	if len(tenants) == 0 { // nobody was ever named
		return 0, 0
	}
	unnamed := int64(0)
	for _, work := range arrived[1:] { // the first cell has what ran inline or was let in for a floor
		unnamed += int64(work)
	}
	for i := range tenants[1:] {
		unnamed -= tenants[i+1].asked.Load()
	}
	tenants[NoTenant].asked.Store(max(unnamed, 0))
	for i := range tenants {
		t := &tenants[i]
		asked := t.asked.Swap(0)
		if asked == 0 && t.cores == 0 {
			continue
		}
		if t.cores == 0 {
			t.demand = stats.HalfLife{Half: tenantHalf}
			t.demand.Update(now-since, 0)
		}
		t.demand.Update(now, float64(asked)/float64(since))
		if t.cores = t.demand.Value(now); t.cores < nobody {
			t.cores = 0
			continue
		}
		all += t.cores
		n++
	}
	return n, all
}
