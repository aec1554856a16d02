package exec

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/route"
)

func newExecutor() *Executor {
	return New(NewClock(), feedback.NewRecorder(0.15), Limits{
		Width: 1, QueueCap: 4, SpawnLimit: 1, BatchSize: 8, BatchDelay: 10 * time.Millisecond,
	})
}

// jobFunc is a job.
type jobFunc func(context.Context) (int, error)

func (f jobFunc) Run(ctx context.Context) (int, error) { return f(ctx) }

// task makes a task of x that runs f on a slot.
func (x *Executor) task(ctx context.Context, f jobFunc) (*Task, *Call[jobFunc, int]) {
	t := x.NewTask()
	t.Strategy, t.Submitted, t.Deadline = route.CPUPool, x.Now(), 0
	return t, NewCall[int](ctx, x, t, f)
}

func TestAClockNeverReadsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock()
		if now := c.Now(); now <= 0 {
			t.Errorf("a new clock reads %v, and 0 means none", now)
		}
		time.Sleep(time.Second)
		if got := time.Until(c.Epoch().Add(c.Now())); got != 0 {
			t.Errorf("epoch and reading are %v off", got)
		}
	})
}

// A task that Close has claimed still runs. Its caller is told and gone, and if
// the task were used again, the worker would end somebody else's.
func TestATaskThatStillRunsIsNotUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, spawn := range []bool{false, true} {
			x := newExecutor()
			gate := make(chan struct{})
			task, call := x.task(context.Background(), func(context.Context) (int, error) { <-gate; return 1, nil })
			if spawn {
				task.Strategy = route.Spawn
				x.Spawner.Start(task)
			} else {
				x.Pool.Submit(task)
			}
			synctest.Wait()
			ended, cancel := context.WithCancel(context.Background())
			cancel()
			var left *LeftoverError
			if err := x.Close(ended); !errors.As(err, &left) || len(left.Jobs) != 1 {
				t.Errorf("Close: %v, want one leftover", err)
			}
			if _, err := x.Await(context.Background(), task); err != nil {
				t.Errorf("Await: %v", err)
			}
			if _, end, err := call.Result(); end != route.Canceled || err != route.ErrClosed {
				t.Errorf("got %s, %v, want ErrClosed", end, err)
			}
			for range 100 {
				if x.NewTask() == task {
					t.Error("the task is given out while its work runs")
				}
			}
			close(gate)
			if err := x.Close(context.Background()); err != nil {
				t.Errorf("second Close: %v", err)
			}
			if out, end, err := call.Result(); out != 0 || end != route.Canceled || err != route.ErrClosed {
				t.Errorf("the answer has changed to %d, %s, %v", out, end, err)
			}
			if n := len(x.Abandoned()); n != 0 {
				t.Errorf("%d tasks are listed as abandoned after they have returned", n)
			}
		}
	})
}

// What waits is taken in order of arrival.
func TestTheQueueIsFirstInFirstOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExecutor()
		var order []int // written by the one slot
		var tasks []*Task
		for i := range 4 {
			task, _ := x.task(context.Background(), func(context.Context) (int, error) {
				order = append(order, i)
				time.Sleep(time.Second)
				return 0, nil
			})
			if placed := x.Pool.Submit(task); placed != Placed {
				t.Fatalf("task %d: %v", i, placed)
			}
			tasks = append(tasks, task)
		}
		for _, task := range tasks {
			_, _ = x.Await(context.Background(), task)
		}
		for i, got := range order {
			if got != i {
				t.Errorf("order %v", order)
				break
			}
		}
		if err := x.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

func TestABoundIsABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExecutor()
		gate := make(chan struct{})
		var placed []Placement
		for range 7 { // 1 slot, 4 waiting
			task, _ := x.task(context.Background(), func(context.Context) (int, error) { <-gate; return 0, nil })
			placed = append(placed, x.Pool.Submit(task))
		}
		for i, p := range placed {
			if want := map[bool]Placement{true: Placed, false: Full}[i < 5]; p != want {
				t.Errorf("task %d: placement %d, want %d", i, p, want)
			}
		}
		if x.Pool.HasRoom(route.ClassDefault, false) || tookSlot(x) || x.Pool.Busy() != 1 || x.Pool.Queued() != 4 {
			t.Errorf("%d busy, %d queued, room %v", x.Pool.Busy(), x.Pool.Queued(), x.Pool.HasRoom(route.ClassDefault, false))
		}
		close(gate)
		if err := x.Close(context.Background()); err != nil {
			t.Error(err)
		}
		task, _ := x.task(context.Background(), nil)
		if p := x.Pool.Submit(task); p != Closed || x.Pool.SubmitNow(task) || tookSlot(x) || x.Spawner.Start(task) {
			t.Errorf("a closed executor takes work: %d", p)
		}
	})
}

// A slot on loan counts as taken, and what waits starts when it is given back.
func TestALentSlotGoesToWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newExecutor()
		if !tookSlot(x) || tookSlot(x) {
			t.Fatal("one slot could not be taken once")
		}
		task, call := x.task(context.Background(), func(context.Context) (int, error) { return 7, nil })
		x.Pool.Submit(task)
		synctest.Wait()
		if x.Pool.Queued() != 1 {
			t.Error("the task did not wait")
		}
		x.Pool.Release()
		_, _ = x.Await(context.Background(), task)
		if out, end, err := call.Result(); out != 7 || end != route.Done || err != nil {
			t.Errorf("got %d, %s, %v", out, end, err)
		}
		synctest.Wait()
		if x.Pool.Busy() != 0 {
			t.Errorf("%d slots are taken", x.Pool.Busy())
		}
		if err := x.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// Close can claim a task whose worker is only on its way to it. The race detector
// watches what the two and the caller touch.
func TestCloseClaimsATaskThatIsAboutToStart(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for range 500 {
		x := newExecutor()
		task, call := x.task(context.Background(), func(context.Context) (int, error) { return 1, nil })
		told := make(chan struct{})
		go func() {
			defer close(told)
			if _, err := x.Await(context.Background(), task); err != nil {
				t.Errorf("Await: %v", err)
			}
			if out, end, err := call.Result(); end == route.Canceled && err != route.ErrClosed || end == route.Done && out != 1 {
				t.Errorf("got %d, %s, %v", out, end, err)
			}
		}()
		x.Pool.Submit(task)
		if err := x.Close(ended); err != nil {
			t.Errorf("Close: %v", err)
		}
		<-told
		if err := x.Close(context.Background()); err != nil {
			t.Errorf("second Close: %v", err)
		}
	}
}

func tookSlot(x *Executor) bool {
	_, ok := x.Pool.TryTake(Size{})
	return ok
}
