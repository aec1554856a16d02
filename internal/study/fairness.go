package study

import (
	"time"

	"github.com/helixrouter/helix/internal/scenario"
)

// fairness adds up the core time of jobs that finished inside their budgets, by tenant.
type fairness map[string]time.Duration

func (f fairness) ended(j *scenario.Job, inTime bool) {
	if inTime {
		f[j.Tenant] += j.Service
	}
}

// least is the smallest share that a tenant got of what was its due: what it asked for,
// or an even part of the cores, whichever is less. tenants is 0 if the jobs name none.
func (f fairness) least(s *scenario.Scenario) (tenants int, share float64) {
	asked, end := map[string]time.Duration{}, time.Duration(0)
	for j := range s.Jobs() {
		asked[j.Tenant] += j.Service
		end = max(end, j.At)
	}
	if _, nobody := asked[""]; nobody && len(asked) < 2 || len(asked) == 0 {
		return 0, 0
	}
	even := s.Cores(0) * float64(end) / float64(len(asked))
	share = 1
	for tenant, work := range asked {
		if due := min(float64(work), even); due > 0 {
			share = min(share, float64(f[tenant])/due)
		}
	}
	return len(asked), share
}
