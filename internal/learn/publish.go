package learn

import "math"

// The guard's reasons, as GET /api/neural shows them.
const (
	reasonActing    = "acting: the budget permits it"
	reasonOff       = "off: the mode neither learns nor acts"
	reasonShadow    = "shadow: the mode learns and never acts"
	reasonTrial     = "trial: too few samples to act on"
	reasonNoGain    = "no gain: the trial estimates that acting would lose"
	reasonExhausted = "exhausted: the budget against the baseline is spent or not yet earned"
)

// Publish returns an immutable copy of what a decision needs.
func (l *Learner) Publish() Weights {
	w := Weights{Acting: l.acting(), Epsilon: l.epsilon()}
	for i := range runnable {
		for j, v := range l.rows[i].weights {
			w.rows[i][j] = float32(v)
		}
	}
	w.kinds = make([]kindWeights, len(l.kinds))
	for i := range l.kinds {
		k := &l.kinds[i]
		w.kinds[i].acting = w.Acting && k.budget.permitted
		for a := range k.arms {
			w.kinds[i].intercepts[a] = float32(k.arms[a].value())
		}
	}
	return w
}

// acting reports whether mode, trial and guard let decisions follow the weights.
func (l *Learner) acting() bool { return l.reason() == reasonActing }

// reason says why decisions follow the weights or do not. A frozen learner needs
// no trial: its weights are what somebody wants to see at work.
func (l *Learner) reason() string {
	switch {
	case l.mode == Off:
		return reasonOff
	case l.mode == Shadow:
		return reasonShadow
	case l.mode == Guarded && !l.warmed && l.samples < trial:
		return reasonTrial
	case l.mode == Guarded && !l.warmed:
		return reasonNoGain
	case !l.guard.permitted:
		return reasonExhausted
	}
	return reasonActing
}

// epsilon returns the share of exploration: with the root of the samples since
// things last changed, as what is still unknown falls, from MaxEpsilon to
// minEpsilon, which it reaches after 48,000. Who does not learn need not explore.
func (l *Learner) epsilon() float32 {
	if !l.acting() || !l.mode.learns() {
		return 0
	}
	return float32(max(MaxEpsilon/math.Sqrt(1+float64(l.calm)/memory), minEpsilon))
}
