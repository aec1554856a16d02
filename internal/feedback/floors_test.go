package feedback_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// sender offers jobs of one size, which the door lets in or refuses.
type sender struct {
	class   route.Class
	tenant  uint16
	service time.Duration
	each    time.Duration // time from one job to the next
	refused bool
}

// offers lets senders offer their jobs for a while, and returns the core time that passed
// of each that the door refuses, and its last reason.
func (m *mind) offers(d time.Duration, senders ...sender) (passed []time.Duration, reasons []route.Reason) {
	passed, reasons = make([]time.Duration, len(senders)), make([]route.Reason, len(senders))
	for end := m.now + d; m.now < end; m.tick() {
		for i, s := range senders {
			if m.now%s.each != 0 {
				continue
			}
			d := route.Decision{
				Strategy: route.CPUPool, Reason: route.ReasonFits, Order: time.Second, Service: s.service,
				Cell: uint16(admission.CellOf(s.class, stats.Log2(float64(s.service)))),
			}
			if s.refused {
				d.Strategy, d.Reason = route.Drop, route.ReasonScarce
			}
			m.Offer(route.Subject{Kind: 300, Class: s.class}, s.tenant, &d)
			if d.Strategy != route.Drop {
				passed[i] += s.service
			}
			reasons[i] = d.Reason
		}
	}
	return passed, reasons
}

func share(d, of time.Duration) float64 { return float64(d) / float64(of) }

func TestATenantThatIsOnlyRefusedGetsItsFloor(t *testing.T) {
	m := newMind()
	m.SetTenantFloor(0.5)
	flood := sender{tenant: 2, service: 40 * ms, each: 10 * ms} // 4 cores of 2
	small := sender{tenant: 3, service: 20 * ms, each: 40 * ms, refused: true}
	passed, reasons := m.offers(20*time.Second, flood, small)
	if got := share(passed[1], 20*time.Second); got < 0.45 || got > 0.52 { // half of one of 2 cores, which it asks for
		t.Errorf("%.3f cores passed, want 0.5", got)
	}
	if a := m.Tenant(3); a.Over || a.Floor != 0.5 || a.Demand < 0.45 || a.Demand > 0.55 || a.Served != passed[1] {
		t.Errorf("%+v after %v, %v", a, passed[1], reasons[1])
	}
	if a := m.Tenant(2); !a.Over {
		t.Errorf("who asks for 4 of 2 cores beside another: %+v", a)
	}
}

func TestWhatATenantGetsAnywayCountsTowardsItsFloor(t *testing.T) {
	m := newMind()
	m.SetTenantFloor(0.5)
	flood := sender{tenant: 2, service: 20 * ms, each: 10 * ms}
	let := sender{tenant: 3, service: 30 * ms, each: 50 * ms} // 0.6 cores of the 0.5 guaranteed
	large := sender{tenant: 3, service: 20 * ms, each: 50 * ms, refused: true}
	m.offers(5*time.Second, flood, let, large)
	passed, _ := m.offers(20*time.Second, flood, let, large)
	if passed[2] > 40*ms {
		t.Errorf("%v more passed of a tenant that has its floor", passed[2])
	}
}

func TestATenantAloneHasNoFloorAndIsNotOverItsShare(t *testing.T) {
	m := newMind()
	m.SetTenantFloor(1)
	passed, reasons := m.offers(5*time.Second, sender{tenant: 2, service: 40 * ms, each: 10 * ms, refused: true})
	if passed[0] != 0 || reasons[0] != route.ReasonScarce {
		t.Errorf("%v passed, %v", passed[0], reasons[0])
	}
}

func TestWhoAsksForMoreThanAnEvenPartIsToldSo(t *testing.T) {
	m := newMind()
	_, reasons := m.offers(10*time.Second,
		sender{tenant: 2, service: 40 * ms, each: 10 * ms, refused: true}, sender{tenant: 3, service: 5 * ms, each: 10 * ms, refused: true})
	if reasons[0] != route.ReasonOverShare || reasons[1] != route.ReasonScarce {
		t.Errorf("%v", reasons)
	}
}

func TestAClassThatIsOnlyRefusedGetsItsFloor(t *testing.T) {
	m := newMind()
	low := sender{class: route.ClassSheddable, service: 5 * ms, each: 10 * ms, refused: true}
	if passed, _ := m.offers(10*time.Second, low); passed[0] != 0 {
		t.Errorf("%v passed of the only class there is", passed[0])
	}
	passed, reasons := m.offers(20*time.Second, low, sender{class: route.ClassCritical, service: 40 * ms, each: 10 * ms})
	if got := share(passed[0], 20*time.Second); got < 0.018 || got > 0.022 {
		t.Errorf("%.4f cores passed, want 0.02: 1 %% of 2 (%v)", got, reasons)
	}
}

// Whatever comes, no tenant passes more than its floor and what it had saved.
func TestAFloorIsNeverExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMind()
		floor := rapid.Float64Range(0, 1).Draw(t, "floor")
		m.SetTenantFloor(floor)
		senders := []sender{{tenant: 9, service: 40 * ms, each: 10 * ms}}
		for i := range rapid.IntRange(1, 5).Draw(t, "tenants") {
			senders = append(senders, sender{
				tenant:  uint16(2 + i),
				service: time.Duration(rapid.IntRange(1, 400).Draw(t, "ms")) * ms,
				each:    time.Duration(rapid.IntRange(1, 50).Draw(t, "each")) * 10 * ms,
				refused: true,
			})
		}
		d := 5 * time.Second
		passed, _ := m.offers(d, senders...)
		for i, s := range senders[1:] {
			if most := floor*2/2*float64(d+time.Second) + float64(s.service); float64(passed[i+1]) > most+1 {
				t.Errorf("tenant %d of %d passed %v, want at most %v", i, len(senders), passed[i+1], time.Duration(most))
			}
		}
	})
}

// In a flood of what is known to be short, a new kind's turn would never come.
func TestAnUnknownKindIsLetGoFirstOnceASecond(t *testing.T) {
	m := newMind()
	first := 0
	for range 300 { // 3 s
		for range 5 {
			d := route.Decision{Strategy: route.CPUPool, Reason: route.ReasonUnknown, Order: time.Second, Start: time.Second}
			m.Offer(route.Subject{Kind: 7}, feedback.NoTenant, &d)
			if d.Order == 0 && d.Start == 0 {
				first++
			}
		}
		m.tick()
	}
	if first != 3 {
		t.Errorf("%d went first in 3 s", first)
	}
}
