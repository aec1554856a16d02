package sim

import (
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/scenario"
	"github.com/helixrouter/helix/route"
)

// tell reports a decision, while everything that it was made on is still as it was.
func (r *run) tell(j *scenario.Job, kind uint32, d route.Decision) {
	r.options.Decided(j, d, func() policy.Account {
		return policy.Explain(r.policy, request(j), r.subject(j, kind), r.load(), r.signals, d)
	})
}
