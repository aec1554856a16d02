package helix

import (
	"slices"
	"sync"
	"time"

	"github.com/helixrouter/helix/internal/event"
	"github.com/helixrouter/helix/internal/policy"
)

// accounts keeps what led to the decisions that the ring of decisions keeps, apart from
// them: subscribers buffer decisions, and need not buffer this.
type accounts struct {
	mu   sync.Mutex                       // before Ring.mu
	kept *[recentDecisions]policy.Account // by sequence number; nil until the first; guarded by mu
}

// publish numbers and keeps a decision and its account together, so that whoever sees the
// one finds the other.
func (a *accounts) publish(ring *event.Ring[Decision], d Decision, account *policy.Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.kept == nil {
		a.kept = new([recentDecisions]policy.Account)
	}
	seq := ring.Publish(d)
	a.kept[seq%recentDecisions] = *account
}

// budget is the 75th percentile of the budgets of recent jobs that had one, 0 if none had.
func (a *accounts) budget() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.kept == nil {
		return 0
	}
	budgets := make([]time.Duration, 0, recentDecisions)
	for i := range a.kept {
		if b := a.kept[i].Budget; b > 0 {
			budgets = append(budgets, b)
		}
	}
	if len(budgets) == 0 {
		return 0
	}
	slices.Sort(budgets)
	return budgets[(len(budgets)*3-1)/4]
}

// at returns a decision with its account, or the range of numbers that are kept.
func (a *accounts) at(ring *event.Ring[Decision], seq uint64) (Decision, policy.Account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d, first, last, ok := ring.At(seq)
	if !ok {
		return Decision{}, policy.Account{}, &NoDecisionError{Seq: seq, First: first, Last: last}
	}
	return d, a.kept[seq%recentDecisions], nil
}
