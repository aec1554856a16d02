package report

import "time"

// Row is what became of one policy in one scenario at one load.
type Row struct {
	Policy              string  `json:"policy"`
	Scenario            string  `json:"scenario"`
	Load                float64 `json:"load"` // offered core time over cores, as asked for
	Cores               int     `json:"cores"`
	Offered             int     `json:"offered"`          // jobs; the retries of a job are not further jobs
	GoodputFraction     float64 `json:"goodput_fraction"` // of the offered: finished inside the budget
	BoundFraction       float64 `json:"bound_fraction"`   // of the offered: what no router could exceed
	RatioToBound        float64 `json:"ratio_to_bound"`   // goodput over the bound's
	Shed                int     `json:"shed"`             // jobs whose last attempt was refused
	Expired             int     `json:"expired"`          // jobs that waited past their budget and never ran
	Late                int     `json:"late"`             // jobs that finished after their budget
	Failed              int     `json:"failed"`           // jobs that ended with an error of their own, or were given up
	P50Seconds          float64 `json:"p50_seconds"`      // from the first intended start to the end, of the jobs that ran to it
	P99Seconds          float64 `json:"p99_seconds"`
	WastedCoreFraction  float64 `json:"wasted_core_fraction"` // of the cores' time: spent on work that finished late or was abandoned
	DecisionsPerSecond  float64 `json:"decisions_per_second"` // of the run's own time, retries included
	GeneratorLagSeconds float64 `json:"generator_lag_p99_seconds,omitzero"`

	// Of the tenants, where there are several, LeastTenant is the smallest share of what was its due: the core
	// time of its jobs that finished inside their budgets, over what it asked for or an even
	// part of the cores, whichever is less. 0 is a tenant that got nothing.
	Tenants     int     `json:"tenants,omitzero"`
	LeastTenant float64 `json:"least_tenant,omitzero"`

	// Of several seeds a row holds the medians, and here the extremes of the ratio.
	Seeds     int     `json:"seeds,omitzero"`
	RatioLow  float64 `json:"ratio_low,omitzero"`
	RatioHigh float64 `json:"ratio_high,omitzero"`
}

// Tally is what a run counts, from which its row is made.
type Tally struct {
	Offered, Good, Late, Shed, Expired, Failed int

	Bound     float64       // jobs that could have finished inside their budgets
	P50, P99  time.Duration // see Row
	Wasted    time.Duration // core time; see Row
	CoreTime  time.Duration // what the cores had to give, from the first arrival's clock to the last end
	Decisions int
	Duration  time.Duration // in which jobs arrived
	Lag       time.Duration // p99 of how late the generator was; 0 in a simulation
}

// Row makes the row of a tally. Nothing offered is a goodput of 0 and a ratio of 1:
// nothing was lost.
func (t *Tally) Row(policy, scenario string, load float64, cores int) Row {
	r := Row{
		Policy: policy, Scenario: scenario, Load: load, Cores: cores, Offered: t.Offered,
		GoodputFraction: over(float64(t.Good), float64(t.Offered)), BoundFraction: over(t.Bound, float64(t.Offered)), RatioToBound: 1,
		Shed: t.Shed, Expired: t.Expired, Late: t.Late, Failed: t.Failed,
		P50Seconds: t.P50.Seconds(), P99Seconds: t.P99.Seconds(),
		WastedCoreFraction:  over(float64(t.Wasted), float64(t.CoreTime)),
		DecisionsPerSecond:  over(float64(t.Decisions), t.Duration.Seconds()),
		GeneratorLagSeconds: t.Lag.Seconds(),
	}
	if t.Bound > 0 {
		r.RatioToBound = float64(t.Good) / t.Bound
	}
	return r
}

func over(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return part / whole
}
