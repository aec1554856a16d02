package learn

import "github.com/helixrouter/helix/route"

const (
	// MaxEpsilon is the most that exploration may take of all jobs. At a gap of 0.3
	// between arms, a large one, it costs 0.003 of loss per job.
	MaxEpsilon = 0.01
	// minEpsilon is where its decay ends: an arm that was bad once is still tried, or
	// the learner would never see it become good.
	minEpsilon = 0.002
	// trial is the number of samples before a guarded learner acts.
	trial = 2000
	// tolerable is the share of the baseline's loss that the trial may end below a
	// gain of 0. To ask for more than 0 would shut out the learner that agrees with
	// the model about all it has seen: without acting it never explores, and so would
	// never see the arm that the model is wrong about.
	tolerable = 0.01
)

// Learner learns the residuals from finished jobs. Make one with New. Not safe
// for concurrent use.
type Learner struct {
	mode   Mode
	rows   [route.NumLocal]row
	kinds  []kind // by number, up to the highest seen and MaxKinds
	guard  guard
	drift  drift
	warmed bool // the trial is over and did not end in a loss

	counts   [route.NumLocal]uint64
	rewards  moment
	samples  uint64 // that taught something; shed jobs do not
	explored uint64
	drifts   uint64 // alarms
	calm     uint64 // samples since the last alarm, less what it made forget

	agreement float64 // share of late in which the learner would take the baseline's arm
	gain      float64 // mean of late of what the learner's arm would save
}

// New returns a learner that knows nothing.
func New(mode Mode) *Learner {
	l := &Learner{mode: mode}
	for i := range l.rows {
		l.rows[i] = newRow()
	}
	return l
}

// Mode returns the mode.
func (l *Learner) Mode() Mode { return l.mode }

// SetMode changes the mode. What was learned stays.
func (l *Learner) SetMode(m Mode) { l.mode = m }

// Observe takes in one finished job. In mode Frozen it moves the guard and the
// counts alone, in mode Off nothing. A sample that makes no sense is left out.
func (l *Learner) Observe(s *Sample) {
	if l.mode == Off || !s.sound() {
		return
	}
	l.count(s)
	if !s.teaches() {
		return
	}
	l.samples++
	k := l.kind(s.Kind)
	corrected := l.correct(k, s)
	l.compare(&corrected, s)
	l.charge(k, corrected[s.Base], s)
	if l.mode.learns() {
		l.learn(k, s)
		l.warmed = l.warmed || l.samples >= trial && l.gain >= -tolerable*l.guard.baseLoss
	}
}

// count keeps the numbers that need no regression.
func (l *Learner) count(s *Sample) {
	l.counts[s.Chosen]++
	if s.Explored {
		l.explored++
	}
	var n uint64
	for _, c := range l.counts {
		n += c
	}
	l.rewards.add(float64(s.Reward), shareOf(float64(n), memory))
}

// Tally counts n jobs of an arm that nobody chose, with the reward of each. In mode Off it
// does nothing.
func (l *Learner) Tally(s route.Strategy, n uint64, reward float64) {
	if l.mode == Off || n == 0 || int(s) >= len(l.counts) {
		return
	}
	l.counts[s] += n
	var all uint64
	for _, c := range l.counts {
		all += c
	}
	l.rewards.add(reward, min(float64(n)*shareOf(float64(all), memory), 1))
}

// kind returns what is known of a kind, nil for one past MaxKinds.
func (l *Learner) kind(number uint32) *kind {
	if number >= MaxKinds {
		return nil
	}
	for int(number) >= len(l.kinds) {
		l.kinds = append(l.kinds, kind{})
	}
	return &l.kinds[number]
}

// learn moves the residual of the arm that was played towards what was observed.
func (l *Learner) learn(k *kind, s *Sample) {
	r := &l.rows[s.Chosen]
	rest := clamp(s.loss()-float64(s.Predicted[s.Chosen]), -worstLoss, worstLoss) - r.value(&s.X)
	err := rest
	if k != nil {
		err -= k.arms[s.Chosen].value()
	}
	err = clamp(err, -maxResidual, maxResidual)
	if k != nil {
		k.learn(s.Chosen, rest, err)
	}
	r.learn(&s.X, err)
	l.calm++
	if l.drift.observe(err) {
		l.forget()
	}
}

// forget answers an alarm: what was learned stays as a guess, with a quarter of
// its evidence, and exploration rises again.
func (l *Learner) forget() {
	l.drifts++
	l.calm /= forgetting
	for i := range l.rows {
		l.rows[i].forget()
	}
	for i := range l.kinds {
		l.kinds[i].forget()
	}
}
