package pressure

import (
	"time"

	"github.com/helixrouter/helix/internal/stats"
)

const (
	// markHalf is the half-life of drops, latency and the short average of
	// saturation. After 3 s a burst's mark is down to 1/8, so that callers who back
	// off for a few seconds come back to an open door. Much shorter, and one slow
	// job between two updates would swing the score; much longer, and the router
	// sheds for a burst that is over. Update at least once per markHalf: a
	// stats.HalfLife follows a level in full only then.
	markHalf = time.Second

	// baseHalf is the half-life of the long average that trend compares with: three
	// octaves above markHalf, so that a rise stands out for about as long as a pool
	// needs to grow, and a load that stays is normal after half a minute.
	baseHalf = 8 * markHalf

	// trendGain scales trend so that the strongest rise there is, saturation going
	// from 0 to 1 in one step, just reaches 1. The two averages are then furthest
	// apart when 2^(7t/8) = 8, at t = 24/7 s: 2^(-3/7) - 2^(-24/7) = 0.6501.
	trendGain = 1 / 0.6501
)

// Inputs is what the tracker is told at each update.
type Inputs struct {
	Busy, Width      int // slots in use, slots there are
	Queued, QueueCap int // jobs waiting, jobs that may wait

	// Counters over the life of the router. One that goes backwards has started
	// anew; that interval is left out.
	Submitted, Shed uint64        // jobs offered, and those of them refused
	Completed       uint64        // jobs that ended, by any strategy
	SojournSum      time.Duration // wait plus run of all Completed

	LatencyBudget time.Duration // mean sojourn at which latency is 1; 0 or less turns the signal off

	Machine Machine // read anew at each update, nothing of it is remembered
}

// Tracker turns inputs into pressure. Make one with New. Not safe for concurrent
// use.
type Tracker struct {
	started bool
	last    time.Duration // of the newest update that counted
	seen    Inputs        // the counters as of last

	drops   stats.HalfLife // share of submissions that was shed
	latency stats.HalfLife // share of the budget that the mean sojourn took
	short   stats.HalfLife // saturation over markHalf
	long    stats.HalfLife // saturation over baseHalf

	external map[string]injection // by source, at most MaxSources
}

// New returns a tracker at rest.
func New() *Tracker {
	return &Tracker{
		drops:   stats.HalfLife{Half: markHalf},
		latency: stats.HalfLife{Half: markHalf},
		short:   stats.HalfLife{Half: markHalf},
		long:    stats.HalfLife{Half: baseHalf},
	}
}

// Update takes in the state at now and returns the pressure. Call it at least
// once a second; ten times a second is plenty.
//
// The first call sets where the counters start. A call whose now is not later
// than that of an earlier one reads saturation, machine and external anew but
// learns nothing: its counts wait for the next call that is later.
func (t *Tracker) Update(now time.Duration, in Inputs) Snapshot {
	saturation := max(ratio(in.Busy, in.Width), ratio(in.Queued, in.QueueCap))
	switch {
	case !t.started:
		t.start(now, in, saturation)
	case now > t.last:
		t.learn(now, in, saturation)
	}
	trend := trendGain * (t.short.Value(now) - t.long.Value(now))
	return blend(
		saturation,
		clamp01(t.drops.Value(now)),
		clamp01(t.latency.Value(now)),
		clamp01(trend),
		t.External(now),
		in.Machine,
	)
}

// start lets the averages begin: drops and latency at rest, saturation where it
// is, so that a tracker born under load does not take it for a rise.
func (t *Tracker) start(now time.Duration, in Inputs, saturation float64) {
	t.started, t.last, t.seen = true, now, in
	t.drops.Update(now, 0)
	t.latency.Update(now, 0)
	t.short.Update(now, saturation)
	t.long.Update(now, saturation)
}

// learn moves the averages by what happened since the last update. Where nothing
// was submitted or nothing ended there is no sample, and the average falls by
// its half-life alone.
func (t *Tracker) learn(now time.Duration, in Inputs, saturation float64) {
	t.short.Update(now, saturation)
	t.long.Update(now, saturation)
	if share, ok := shedShare(t.seen, in); ok {
		t.drops.Update(now, share)
	}
	if share, ok := budgetShare(t.seen, in); ok {
		t.latency.Update(now, share)
	}
	t.last, t.seen = now, in
}

// shedShare returns which share of the submissions between two updates was shed.
// A job may be shed in a later interval than it was submitted in.
func shedShare(before, after Inputs) (share float64, ok bool) {
	if after.Submitted < before.Submitted || after.Shed < before.Shed {
		return 0, false
	}
	submitted, shed := after.Submitted-before.Submitted, after.Shed-before.Shed
	if submitted == 0 && shed == 0 {
		return 0, false
	}
	return clamp01(float64(shed) / float64(max(submitted, shed))), true
}

// budgetShare returns which share of the latency budget the mean sojourn of the
// jobs took that ended between two updates.
func budgetShare(before, after Inputs) (share float64, ok bool) {
	if after.Completed <= before.Completed || after.SojournSum < before.SojournSum || after.LatencyBudget <= 0 {
		return 0, false
	}
	mean := (float64(after.SojournSum) - float64(before.SojournSum)) / float64(after.Completed-before.Completed)
	return clamp01(mean / float64(after.LatencyBudget)), true
}
