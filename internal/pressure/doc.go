// Package pressure owns the answer to one question: how hard pressed is the
// router, as a score in 0..1, and which signal says so. A [Tracker] blends four
// signals of its own and lets the blend compete with what the machine says of
// itself and with what the outside reports through Inject: the largest is the score.
//
// It must never know what the score is used for, nor where its inputs come from:
// no strategy, job, pool or HTTP request appears here. It has no goroutine, lock,
// clock or randomness. Time comes in as an argument on a monotonic clock.
//
// Nothing in it only ever rises. Saturation is read anew each time, and all that
// is remembered has a half-life, so that an idle router comes to rest by itself.
package pressure
