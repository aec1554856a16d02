// Package route owns the words of Helix: the strategies, what a policy is told
// and answers, how a job can end, and the typed errors. It is what every other
// package speaks and it knows none of them: it must never hold state, read a
// clock, start a goroutine or import another package of the module.
package route

// Policy decides how one job runs. It must choose a strategy of who.Allowed or
// Drop. Implementations are immutable or safe for concurrent use, do not block
// and do not allocate: Decide is on the path of every job.
type Policy interface {
	Decide(req Request, who Subject, load Load, sig *Signals) Decision
}

// Signals is the slow part of what a decision reads: one immutable snapshot,
// published by the router's control loop and never written again.
type Signals struct {
	Pressure       float64 // 0..1, the blend of all named signals
	External       float64 // 0..1, the largest injected pressure that has not expired
	SpawnThreshold uint64  // the adaptive spawn threshold in cost units
}
