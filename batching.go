package helix

import (
	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/internal/policy"
)

// followLocked makes the batches of every kind follow what was learned of them; nil is nothing.
func (r *Router) followLocked(known []policy.Batching) {
	formers, plans := r.kinds.batches(known)
	r.exec.Pool.Follow(formers, plans)
}

// batches returns the formers of the kinds that can be batched, and what is known of each.
func (t *kindTable) batches(known []policy.Batching) (formers []*exec.Former, plans []policy.Batching) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range t.byNumber {
		if k.former == nil {
			continue
		}
		formers = append(formers, k.former)
		plan := policy.Batching{}
		if int(k.number) < len(known) {
			plan = known[k.number]
		}
		plans = append(plans, plan)
	}
	return formers, plans
}
