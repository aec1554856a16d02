package exec

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix/internal/admission"
	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/route"
)

// twoLanes are two cores under eight slots.
var twoLanes = Limits{Width: 8, Lanes: 2, Cores: 2, QueueCap: 100, SpawnLimit: 8, BatchSize: 8, BatchDelay: 10 * time.Millisecond}

// oneLane makes what waits start one by one.
var oneLane = Limits{Width: 8, Lanes: 1, Cores: 1, QueueCap: 100, SpawnLimit: 8, BatchSize: 8, BatchDelay: 10 * time.Millisecond}

// rig is an executor whose tasks sleep for as long as they are predicted to take.
type rig struct {
	t *testing.T
	*Executor

	mu      sync.Mutex
	started []string // names, in order of their starts; guarded by mu
	running int      // guarded by mu
	most    int      // that ran at a time; guarded by mu
}

func (r *rig) start(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = append(r.started, name)
	r.running++
	r.most = max(r.most, r.running)
}

func (r *rig) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
}

// lanes runs a test in a bubble with an executor that must come to rest at the end.
func lanes(t *testing.T, l Limits, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, Executor: New(NewClock(), feedback.NewRecorder(0.15), l)}
		test(r)
		if err := r.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
		if r.Pool.Busy() != 0 || r.Pool.Queued() != 0 || !idle(r.Pool) {
			t.Errorf("%d slots are taken, %d tasks wait, or a backlog is left", r.Pool.Busy(), r.Pool.Queued())
		}
		if n := r.Pool.share.Rivals(0); n != 0 {
			t.Errorf("%d are on the account of the cores", n)
		}
	})
}

// job makes a task that is predicted to take d and does; 0 is unknown, and takes a second.
func (r *rig) job(name string, d time.Duration, change ...func(*Task)) *Task {
	task, _ := r.task(context.Background(), func(ctx context.Context) (int, error) {
		r.start(name)
		defer r.end()
		if d == 0 {
			d = time.Second
		}
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
		return 0, nil
	})
	task.Size = Size{Service: d, Cell: admission.CellOf(route.ClassDefault, 20)}
	for _, f := range change {
		f(task)
	}
	return task
}

func (r *rig) submit(name string, d time.Duration, change ...func(*Task)) *Task {
	task := r.job(name, d, change...)
	if p := r.Pool.Submit(task); p != Placed {
		r.t.Errorf("%s: placement %d", name, p)
	}
	synctest.Wait()
	return task
}

func (r *rig) wantStarted(names ...string) {
	r.t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.started, names) {
		r.t.Errorf("started %q, want %q", r.started, names)
	}
}

func rank(d time.Duration) func(*Task) { return func(t *Task) { t.Rank = d } }
func child(t *Task)                    { t.Size.Child = true }

func TestEqualsTakeTurnsAndTheShortRunsBesideThem(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		r.submit("a", time.Second)
		r.submit("b", time.Second)
		r.submit("c", time.Second)
		r.wantStarted("a", "b")
		if r.Pool.Busy() != 2 || r.Pool.Queued() != 1 {
			t.Errorf("%d slots are taken and %d wait", r.Pool.Busy(), r.Pool.Queued())
		}
		r.submit("short", time.Second/16)
		r.wantStarted("a", "b", "short")
		time.Sleep(1500 * time.Millisecond)
		r.wantStarted("a", "b", "short", "c")
	})
}

func TestWhatHasNoPredictionWaitsForAllThatRuns(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		r.submit("giant", time.Hour)
		r.submit("unknown", 0)
		r.submit("another", 0)
		r.submit("known", time.Second) // the unknown one is nobody's rival
		r.wantStarted("giant", "unknown", "known")
	})
}

func TestTheLeastRankLeavesFirst(t *testing.T) {
	lanes(t, oneLane, func(r *rig) {
		r.submit("a", time.Second)
		for _, w := range []struct {
			name string
			rank time.Duration
		}{{"third", 3}, {"first", 1}, {"third too", 3}, {"second", 2}} {
			r.submit(w.name, time.Second, rank(w.rank))
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := r.started[1:]; !slices.Equal(got, []string{"first", "second", "third", "third too"}) {
			t.Errorf("order %q", got)
		}
	})
}

func TestWhatComesUpTooLateToBeInTimeIsExpired(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		r.submit("a", time.Second)
		r.submit("b", time.Second)
		late := r.job("late", time.Second, func(t *Task) { t.Latest = r.Now() + time.Second/2 })
		call := late.Work.(*Call[jobFunc, int])
		r.Pool.Submit(late)
		r.submit("next", time.Second)
		_, _ = r.Await(context.Background(), late)
		if _, end, err := call.Result(); end != route.Expired || err != route.ErrExpired {
			t.Errorf("%s, %v, want it expired", end, err)
		}
		r.wantStarted("a", "b", "next")
	})
}

func TestAChildNeverWaitsForLanes(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		for _, name := range []string{"a", "b"} {
			r.submit(name, time.Second)
		}
		r.submit("equal", time.Second)
		for range 6 {
			r.submit("child", time.Second, child)
		}
		if r.Pool.Busy() != 8 || r.Pool.Queued() != 1 {
			t.Errorf("%d slots are taken and %d wait, want all 8 and 1", r.Pool.Busy(), r.Pool.Queued())
		}
		if _, ok := r.Pool.TryTake(Size{Child: true}); ok {
			t.Error("a child got a ninth slot")
		}
	})
}

func TestSpawnedWorkIsARivalUntilItEnds(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		for _, name := range []string{"spawned", "spawned too"} {
			task := r.job(name, time.Second, func(t *Task) { t.Strategy = route.Spawn })
			if !r.Spawner.Start(task) {
				t.Fatal("not spawned")
			}
			synctest.Wait()
		}
		r.submit("waits", time.Second)
		if r.Pool.Busy() != 0 || r.Pool.Queued() != 1 {
			t.Errorf("%d slots are taken and %d wait", r.Pool.Busy(), r.Pool.Queued())
		}
		if turn, ok := r.Pool.TryTake(Size{Service: time.Second}); ok {
			t.Errorf("a caller got %v", turn)
		}
		time.Sleep(time.Second)
		r.wantStarted("spawned", "spawned too", "waits")
	})
}

func TestALentSlotIsARivalUntilItIsGivenBack(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		a, ok := r.Pool.TryTake(Size{Service: time.Second})
		b, too := r.Pool.TryTake(Size{Service: time.Second})
		if !ok || !too {
			t.Fatal("two lanes were not free")
		}
		r.submit("waits", time.Second)
		r.wantStarted()
		time.Sleep(time.Second)
		if served := r.Pool.Served(a); served != time.Second {
			t.Errorf("a turn beside one other on two cores had %v of core time, want all of its second", served)
		}
		r.Pool.Release()
		r.wantStarted("waits")
		r.Pool.Served(b)
		r.Pool.Release()
	})
}

// Three share two cores for a second each: what the model learns is two thirds of it.
func TestCoreTimeIsSharedRunTime(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		var tasks []*Task
		for range 3 {
			tasks = append(tasks, r.submit("child", time.Second, child))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for _, task := range tasks {
			if got := task.served; (got - 2*time.Second/3).Abs() > time.Microsecond {
				t.Errorf("served %v of 1s", got)
			}
		}
	})
}

func TestCloseLetsWhatIsBlockedByLanesFinish(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			r.submit(name, time.Second)
		}
		start := time.Now()
		for range 2 { // idle must be closed once, and a second Close waits as well
			if err := r.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(start); took != 3*time.Second || len(r.started) != 5 {
			t.Errorf("%d of 5 ran in %v", len(r.started), took)
		}
	})
}

func TestCloseGivesUpWhatIsBlockedByLanes(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		for _, name := range []string{"a", "b", "c", "d"} {
			r.submit(name, time.Second)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second/2)
		defer cancel()
		if err := r.Close(ctx); err != nil {
			t.Error(err)
		}
		r.wantStarted("a", "b")
	})
}

// Who leaves writes the ledger while the worker may be on its way to the end of the same
// task. The race detector watches.
func TestWhoLeavesMeetsTheEndOfTheTask(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		for i := range 200 {
			spawn := i%2 == 1
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			task := r.job("job", time.Second)
			if spawn {
				task.Strategy = route.Spawn
				r.Spawner.Start(task)
			} else {
				r.Pool.Submit(task)
			}
			_, _ = r.Await(ctx, task)
			cancel()
		}
	})
}

func TestAWaitingTaskLeavesFromTheMiddleOfTheLine(t *testing.T) {
	lanes(t, oneLane, func(r *rig) {
		r.submit("a", time.Second)
		var waiting []*Task
		for i, name := range []string{"0", "1", "2", "3", "4", "5", "6"} {
			waiting = append(waiting, r.submit(name, time.Second, rank(time.Duration(i))))
		}
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		for _, i := range []int{1, 4} {
			if _, err := r.Await(ended, waiting[i]); err != context.Canceled {
				t.Errorf("Await: %v", err)
			}
		}
		if n := r.Pool.Queued(); n != 5 {
			t.Errorf("%d wait, want 5", n)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := r.started[1:]; !slices.Equal(got, []string{"0", "2", "3", "5", "6"}) {
			t.Errorf("order %q", got)
		}
	})
}

func TestLanesCanBeSwitchedUnderLoad(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		without := twoLanes
		without.Lanes, without.Cores = 0, 0
		for range 12 {
			r.submit("job", time.Second)
		}
		if r.Pool.Busy() != 2 {
			t.Errorf("%d slots are taken with lanes, want 2", r.Pool.Busy())
		}
		r.SetLimits(without)
		synctest.Wait()
		if r.Pool.Busy() != 8 {
			t.Errorf("%d slots are taken without lanes, want 8", r.Pool.Busy())
		}
		r.SetLimits(twoLanes)
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if r.Pool.Busy() != 2 || r.Pool.Queued() != 2 {
			t.Errorf("%d slots are taken and %d wait with lanes again, want 2 and 2", r.Pool.Busy(), r.Pool.Queued())
		}
		for i := range 20 {
			r.SetLimits([]Limits{without, twoLanes}[i%2])
			r.submit("more", 100*time.Millisecond)
			time.Sleep(30 * time.Millisecond)
		}
		r.SetLimits(twoLanes)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(r.started) != 32 || r.most > 8 {
			t.Errorf("%d of 32 ran, at most %d at a time on 8 slots", len(r.started), r.most)
		}
	})
}

func TestNoMoreSlotsAreHandedOutThanThereAre(t *testing.T) {
	lanes(t, twoLanes, func(r *rig) {
		size := time.Hour
		for range 30 { // each a rival of nobody before it
			r.submit("smaller", size)
			size /= 8
			r.submit("child", time.Second, child)
			r.submit("unknown", 0)
		}
		time.Sleep(10 * time.Hour)
		synctest.Wait()
		if n := r.most; n != 8 || len(r.started) != 90 {
			t.Errorf("%d of 90 ran, %d at a time, want 8", len(r.started), n)
		}
	})
}

// batchOfSleeps runs a batch in a second.
type batchOfSleeps struct{ sizes []int }

func (b *batchOfSleeps) RunBatch(_ context.Context, work []Work) ([]route.Disposition, bool) {
	b.sizes = append(b.sizes, len(work))
	time.Sleep(time.Second)
	return make([]route.Disposition, len(work)), true
}

// A batch needs no lane: a slot must not idle before it because a single task does.
func TestABatchDoesNotWaitBehindATaskThatWaitsForALane(t *testing.T) {
	few := twoLanes
	few.Width, few.BatchDelay = 3, time.Hour
	lanes(t, few, func(r *rig) {
		run := new(batchOfSleeps)
		f := r.NewFormer(run)
		r.submit("long", 10*time.Second)
		r.submit("long too", 10*time.Second)
		r.submit("short", time.Second)
		r.submit("waits", 10*time.Second)
		task := r.job("batched", time.Second, func(t *Task) { t.Strategy = route.Batch })
		if p := f.Submit(task); p != Placed || r.Pool.Queued() != 2 {
			t.Fatalf("placement %d, %d wait", p, r.Pool.Queued())
		}
		start := time.Now()
		_, _ = r.Await(context.Background(), task)
		if took := time.Since(start); took != 2*time.Second || len(run.sizes) != 1 {
			t.Errorf("the batch took %v with two slots of three taken, want 2s", took)
		}
	})
}

// idle reports whether nothing waits.
func idle(p *Pool) bool {
	waits, _ := p.Waiting()
	return waits.Empty()
}
