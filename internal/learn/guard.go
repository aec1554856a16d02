package learn

const (
	// allowance is what the budget earns, as a share of the baseline's losses. The
	// promise is a twentieth, which is less than the swings of a quiet day; a fifth of
	// it is kept back for the jobs under way when the budget runs out, and for errors
	// of the estimate. With the whole twentieth, 40 of 100 runs against the worst
	// adversary of the tests passed 1.05, by up to 0.6 % of the baseline.
	allowance = 0.04
	// reentry is the budget at which leaving the baseline is permitted, at first and
	// again after a fall-back. Where each loss is 0 or 1, the noisiest case, a run of
	// 20,000 jobs of four kinds falls back 27 times; at twice the worst loss 87 times,
	// and at ten times a rare kind would wait for thousands of jobs.
	reentry = 5 * worstLoss
	// maxBudget keeps old merit from paying for a new disaster: 42 worst losses.
	maxBudget = 50
	// deepest is how far a budget can be in debt: a million of the worst losses is more
	// than any router has under way when a budget runs out.
	deepest = -1e6 * worstLoss
	// doubt is the number of standard errors that the guard takes from the estimate
	// of what the baseline would have lost.
	doubt = 2
)

// budget is what may still be lost against the baseline. It earns a share of the
// baseline's losses and pays what leaving the baseline costs.
type budget struct {
	left      float64
	permitted bool
}

// add earns (or pays, when below 0), and reports whether that ended a permission.
func (b *budget) add(amount float64) (fell bool) {
	b.left = clamp(b.left+amount, deepest, maxBudget)
	was, need := b.permitted, reentry
	if was {
		need = worstLoss
	}
	b.permitted = b.left >= need
	return was && !b.permitted
}

// guard is the budget of all jobs together, and what it was reckoned from.
type guard struct {
	budget
	fallbacks uint64  // permissions that ended, of kinds too
	loss      float64 // mean of late, observed
	baseLoss  float64 // mean of late, of the baseline: observed where it was played
}

// amount returns what one job adds to a budget. low is the lower estimate of the
// baseline's loss, used only for a job that left it. Gains count in full: taking
// the costs alone would drain any budget on noise.
func amount(loss, low float64, left bool) float64 {
	if !left {
		return allowance * loss
	}
	return allowance*low - (loss - low)
}
