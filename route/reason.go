package route

import "fmt"

// Reason says in one word why a job went where it went.
type Reason uint8

// The reasons. The first group admits, the second sheds.
const (
	ReasonCheap      Reason = iota // cost is at most the inline threshold
	ReasonModerate                 // cost is below the spawn threshold
	ReasonAmortises                // heavy, and scales well enough to be batched
	ReasonHeavy                    // heavy: bounded by the pool
	ReasonGateBatch                // the pool is busy, but the job can share a slot
	ReasonNested                   // submitted from inside a job: runs on its parent's slot
	ReasonSpawnFull                // the spawn limit was reached: bounded by the pool
	ReasonNotAllowed               // the policy chose an arm that the job cannot take: bounded by the pool
	ReasonShort                    // proven to be short
	ReasonLearned                  // what was learned speaks for another arm than the table's
	ReasonExplored                 // another arm, to learn from it
	ReasonUnknown                  // of a kind that has not run yet, while the cores are busy: bounded by the pool
	ReasonFits                     // predicted to be done in time
	ReasonProbe                    // let in to keep the prediction of its kind true
	ReasonFloor                    // let in because its class or tenant has had less than its floor
	ReasonPeer                     // another machine is predicted to make more of it

	ReasonBusyGate   // the pool is busy and the job cannot share a slot
	ReasonQueueFull  // no slot is free and the queue is at its bound
	ReasonInfeasible // predicted to run for longer than its budget
	ReasonScarce     // predicted not to get its turn within its budget
	ReasonOverShare  // the same, and its tenant asks for more than an even part of the cores
	ReasonDisplaced  // it waited, and a critical job took its place in the full queue
	ReasonPolicy     // a policy of the user's own refused it without saying why
	ReasonClosed     // the router is closed
	NumReasons       = int(ReasonClosed) + 1
)

var reasons = [NumReasons]struct{ name, explanation string }{
	ReasonCheap:      {"cheap", "the declared cost is at most inline_threshold"},
	ReasonModerate:   {"moderate", "the declared cost is below the spawn threshold"},
	ReasonAmortises:  {"amortises", "the job is heavy and its scaling potential is at least 0.70"},
	ReasonHeavy:      {"heavy", "the job is heavy or of unknown size, so the pool bounds it"},
	ReasonGateBatch:  {"gate_batch", "the pool is busy and the job's scaling potential of at least 0.65 lets it share a slot"},
	ReasonNested:     {"nested", "the job was submitted from inside another one and runs on its slot"},
	ReasonSpawnFull:  {"spawn_full", "spawn_limit jobs run already, so the pool bounds the job"},
	ReasonNotAllowed: {"not_allowed", "the policy chose a strategy that the job cannot take, so the pool bounds it"},
	ReasonBusyGate:   {"busy_gate", "busy slots, with those that injected pressure stands for, reach backpressure_busy_threshold, and the job cannot be batched"},
	ReasonQueueFull:  {"queue_full", "every slot is taken and cpu_queue_cap jobs wait already"},
	ReasonShort:      {"short", "jobs like it are proven to be short"},
	ReasonFits:       {"fits", "it is predicted to be done within its budget"},
	ReasonLearned:    {"learned", "jobs like it were faster or cheaper there than where the table would run it"},
	ReasonExplored:   {"explored", "it shows whether jobs like it are faster there"},
	ReasonUnknown:    {"unknown", "no job of its kind has run yet, so the pool bounds it while the cores are busy"},
	ReasonProbe:      {"probe", "it keeps the prediction of its kind true while others of the kind are refused"},
	ReasonFloor:      {"floor", "its class or tenant has had less than its floor while other work comes before it"},
	ReasonPeer:       {"peer", "another machine is predicted to be done with it in better time"},
	ReasonInfeasible: {"infeasible", "it is predicted to run for longer than its budget"},
	ReasonScarce:     {"scarce", "what comes before it, by class and size, is predicted to take all cores for longer than its budget"},
	ReasonOverShare:  {"over_share", "what comes before it takes all cores for longer than its budget, and its tenant asks for more than an even part of them"},
	ReasonDisplaced:  {"displaced", "it waited in a full queue, and a critical job took its place"},
	ReasonPolicy:     {"policy", "the policy refused it without giving a reason"},
	ReasonClosed:     {"closed", "the router is closed"},
}

// String returns the wire name, such as "busy_gate".
func (r Reason) String() string {
	if int(r) < len(reasons) {
		return reasons[r].name
	}
	return fmt.Sprintf("reason(%d)", uint8(r))
}

// Explanation returns the reason as a clause for a sentence.
func (r Reason) Explanation() string {
	if int(r) < len(reasons) {
		return reasons[r].explanation
	}
	return "unknown reason"
}

// Source returns who decides for this reason.
func (r Reason) Source() Source {
	switch r {
	case ReasonNested, ReasonSpawnFull, ReasonNotAllowed, ReasonQueueFull, ReasonDisplaced, ReasonClosed:
		return SourceRouter
	case ReasonShort, ReasonUnknown, ReasonLearned, ReasonExplored, ReasonFits, ReasonProbe, ReasonFloor, ReasonPeer, ReasonInfeasible, ReasonScarce, ReasonOverShare:
		return SourceModel
	default:
		return SourceTable
	}
}

// Sheds reports whether the reason is one for refusing a job.
func (r Reason) Sheds() bool { return r >= ReasonBusyGate }

// MarshalText writes the wire name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a wire name and refuses anything else.
func (r *Reason) UnmarshalText(text []byte) error {
	for i := range reasons {
		if reasons[i].name == string(text) {
			*r = Reason(i)
			return nil
		}
	}
	return fmt.Errorf("unknown reason %q", text)
}
