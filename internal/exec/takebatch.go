package exec

import (
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

// Follow makes the batches of some kinds follow what is known of them. plans[i] is that of formers[i];
// as many there must be.
func (p *Pool) Follow(formers []*Former, plans []policy.Batching) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range formers {
		f.plan = plans[i]
	}
	p.fillLocked()
}

// scanned is how many tasks are looked at, in batches: those of a batch, and as many that may be
// passed over for it.
const scanned = 2

// takeBatchLocked moves up to BatchSize of f's tasks onto the slot that asks.
func (p *Pool) takeBatchLocked(f *Former) shift {
	now := p.executor.Now()
	b := &batchRun{taken: now, tasks: make([]*Task, 0, min(f.tasks.len, p.limits.BatchSize))}
	f.scanLocked(b, now)
	skip, size := f.plan.Size(p.scan, p.limits.BatchSize)
	t := f.tasks.first
	for range skip {
		t = t.next
	}
	known := f.plan.Curve.Known()
	f.leaving = true
	for range size {
		next := t.next
		p.dequeueLocked(t)
		b.tasks = append(b.tasks, t)
		b.service += t.Size.Service
		b.alone += t.Size.Alone
		known = known && t.Size.Alone > 0
		t = next
	}
	f.leaving = false
	f.boundLocked()
	if known {
		b.service = f.plan.Curve.Time(b.alone)
	}
	b.joined = p.joinLocked(b.service)
	p.batches[b] = struct{}{}
	p.batched++
	return shift{former: f, batch: b}
}

// scanLocked lists what waits for f's next batch in pool.scan. Where sizes depend on what there is time for, tasks
// that are too late count for nobody's: the batch takes them along, and they end when it begins.
func (f *Former) scanLocked(b *batchRun, now time.Duration) {
	p := f.pool
	p.scan = p.scan[:0]
	for t := f.tasks.first; t != nil && len(p.scan) < scanned*p.limits.BatchSize; {
		next := t.next
		if f.plan.Curve.Known() && t.late(now) {
			p.dequeueLocked(t)
			b.tasks = append(b.tasks, t)
		} else {
			p.scan = append(p.scan, policy.Waiting{Slack: t.slack(now), Alone: t.Size.Alone})
		}
		t = next
	}
}

// late reports whether the task would not begin any more.
func (t *Task) late(now time.Duration) bool {
	return t.Deadline != 0 && now >= t.Deadline || t.Latest != 0 && now >= t.Latest
}

func (t *Task) slack(now time.Duration) time.Duration {
	if t.Deadline == 0 {
		return policy.Endless
	}
	return t.Deadline - now
}

// report tells of a batch that has run, if all that ran in it are done: what stopped early says nothing of
// what batches take.
func (p *Pool) report(b *batchRun, begun []*Task, ends []route.Disposition) {
	run := feedback.BatchRun{Kind: begun[0].Kind, Jobs: len(begun), Units: begun[0].Size.Units, Served: b.served}
	if run.Served == 0 {
		run.Served = p.executor.Now() - begun[0].started
	}
	known := true
	for i, t := range begun {
		if ends[i] != route.Done {
			return
		}
		run.Alone += t.Size.Alone
		known = known && t.Size.Alone > 0
	}
	if !known {
		run.Alone = 0
	}
	p.executor.recorder.BatchRan(run)
}
