package helix

import (
	"sync"

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
