package exec

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix/internal/estimate"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/route"
)

const ms = time.Millisecond

// batchCost is a law under which eight jobs of 1 ms take 4.8 ms.
func batchCost(jobs int) time.Duration {
	return 457*time.Microsecond + time.Duration(jobs)*543*time.Microsecond
}

// crowd is a kind whose batches take what batchCost says, and a rig for it.
type crowd struct {
	*rig
	*Former
	mu    sync.Mutex
	sizes []int // of batches, in order of their starts; guarded by mu
}

// RunBatch implements BatchWork.
func (c *crowd) RunBatch(_ context.Context, work []Work) (ends []route.Disposition, ok bool) {
	c.mu.Lock()
	c.sizes = append(c.sizes, len(work))
	c.mu.Unlock()
	time.Sleep(batchCost(len(work)))
	for _, w := range work {
		w.Keep(route.Done, nil)
	}
	return make([]route.Disposition, len(work)), true
}

// crowds runs a test in a bubble with a kind whose batches are known, and waits for all of its tasks.
func crowds(t *testing.T, l Limits, test func(c *crowd)) {
	lanes(t, l, func(r *rig) {
		c := &crowd{rig: r}
		c.Former = r.NewFormer(c)
		var m estimate.Batches
		for i := range 60 {
			m.Observe(1+i%8, time.Duration(1+i%8)*ms, batchCost(1+i%8))
		}
		r.Pool.Follow([]*Former{c.Former}, []policy.Batching{{Curve: m.Curve(), Mode: policy.BatchOn}})
		test(c)
	})
}

// come submits n jobs to the batch, with a budget if it is not 0.
func (c *crowd) come(n int, budget time.Duration) (tasks []*Task) {
	for range n {
		task := c.job("batched", ms)
		task.Strategy, task.Submitted = route.Batch, c.Now()
		task.Size.Service, task.Size.Alone = 600*time.Microsecond, ms
		if budget > 0 {
			task.Deadline = task.Submitted + budget
		}
		if p := c.Former.Submit(task); p != Placed {
			c.t.Errorf("placement %d", p)
		}
		tasks = append(tasks, task)
	}
	synctest.Wait()
	return tasks
}

func (c *crowd) want(sizes ...int) {
	c.t.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(sizes) != len(c.sizes) {
		c.t.Fatalf("batches of %v, want %v", c.sizes, sizes)
	}
	for i := range sizes {
		if sizes[i] != c.sizes[i] {
			c.t.Fatalf("batches of %v, want %v", c.sizes, sizes)
		}
	}
}

func TestAnIdleSlotTakesALoneJobAtOnce(t *testing.T) {
	crowds(t, twoLanes, func(c *crowd) {
		c.come(1, 0)
		c.want(1)
		time.Sleep(20 * ms)
		c.come(1, 0)
		c.want(1, 1)
	})
}

// While batches run, what comes is held for company though it is much smaller and slots are free.
func TestABatchIsHeldWhileItsLikeRuns(t *testing.T) {
	crowds(t, twoLanes, func(c *crowd) {
		c.submit("a", 20*ms)
		c.submit("b", 5*ms)
		for range 4 {
			c.come(1, 0)
			time.Sleep(ms)
		}
		c.want()
		time.Sleep(ms) // b has ended
		c.want(4)
	})
}

func TestAHoldEndsAfterTheBatchDelay(t *testing.T) {
	crowds(t, oneLane, func(c *crowd) {
		c.submit("a", 18*ms) // a rival of a batch of eight, not of one
		c.come(1, 0)
		time.Sleep(9 * ms)
		c.want()
		time.Sleep(2 * ms)
		c.want(1)
	})
}

func TestAHoldEndsInTimeForTheTightest(t *testing.T) {
	for _, budget := range []time.Duration{4 * ms, 5 * ms, 7 * ms, 9 * ms} {
		crowds(t, oneLane, func(c *crowd) {
			c.submit("a", 18*ms)
			c.come(1, 0)
			tight := c.come(1, budget)[0]
			came := time.Now()
			<-tight.done
			if took := time.Since(came); took > budget || tight.state.Load() != ended {
				t.Errorf("done after %v, in state %d, with a budget of %v", took, tight.state.Load(), budget)
			}
			c.want(2)
		})
	}
}

// What a batch takes is learned from, by the account of the cores.
func TestABatchThatRanIsReported(t *testing.T) {
	crowds(t, oneLane, func(c *crowd) {
		c.submit("a", 4*ms)
		c.come(5, 0)
		time.Sleep(20 * ms)
		c.want(5)
		if runs := c.recorder.BatchRuns(); len(runs) != 1 || runs[0].Jobs != 5 || runs[0].Alone != 5*ms || runs[0].Served != batchCost(5) {
			t.Errorf("%+v", runs)
		}
	})
}

// A job that is larger than its like must begin sooner than they: the hold ends in time for that.
func TestAHoldEndsBeforeTheLatestStart(t *testing.T) {
	crowds(t, oneLane, func(c *crowd) {
		c.submit("a", 18*ms)
		c.come(1, 0)
		task := c.job("large", ms)
		task.Strategy, task.Submitted = route.Batch, c.Now()
		task.Size.Service, task.Size.Alone = 600*time.Microsecond, 4500*time.Microsecond
		task.Deadline, task.Latest = task.Submitted+12*ms, task.Submitted+5*ms
		c.Former.Submit(task)
		<-task.done
		if state := task.state.Load(); state != ended {
			t.Errorf("state %d: it was held beyond its latest start", state)
		}
	})
}

// What a job asks of a batch goes when the job goes.
func TestWhoHasLeftHurriesNobody(t *testing.T) {
	crowds(t, oneLane, func(c *crowd) {
		c.submit("a", 18*ms)
		tight := c.come(1, 4*ms)[0]
		c.come(2, 0)
		if !c.leave(tight) {
			t.Fatal("it has ended")
		}
		time.Sleep(6 * ms)
		c.want()
		time.Sleep(6 * ms)
		c.want(2)
	})
}

// Where a batch takes fewer than wait, other slots take the rest.
func TestASmallBatchLeavesTheRestToOtherSlots(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		c := &crowd{rig: r}
		c.Former = r.NewFormer(c)
		r.Pool.Follow([]*Former{c.Former}, []policy.Batching{{Mode: policy.BatchTrial}}) // of two at most
		for range 4 {
			task := c.job("batched", ms)
			task.Strategy, task.Submitted = route.Batch, c.Now()
			c.Former.Submit(task)
		}
		c.want(2, 2)
	})
}
