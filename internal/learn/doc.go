// Package learn owns what is learned about the arms beyond the cost model: a
// linear residual per arm, which corrects the predicted loss, and the guard that
// bounds what acting on it may cost. It is the NeuralRouter of the interface,
// though a regression and no network. It must never shed a job or undo a shedding:
// it orders the arms that a job may take, and Drop's row stays 0.
//
// # Loop
//
// A decision reads a [Weights]. Where [Weights.Acts] allows it for the job's kind
// it adds [Weights.Residual] to each predicted loss and lets [Weights.Choose] pick.
// Where it does not, or where nothing may be risked (critical work, pressure above
// 0.8), it takes [Least] of the losses. When the job has ended its [Sample] goes to
// [Learner.Observe], and from time to time [Learner.Publish] makes the next Weights.
//
// # What the guard promises
//
// Over any stretch from the start, the losses of a guarded learner sum up to at
// most 1.05 times those of the baseline, plus the worst loss of one job, plus what
// was under way when the budget ran out: a decision reads the Weights published
// last, so publish often. The promise rests on the lower estimate of what the
// baseline would have lost, which nobody observes. It is as good as that estimate.
//
// # Concurrency
//
// A Learner belongs to one goroutine at a time. Weights are never written once
// published. Nothing here has a goroutine, lock, clock or randomness of its own.
package learn
