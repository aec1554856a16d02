package durable_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote/durable"
)

func TestAJobIsDoneAndItsResultKept(t *testing.T) {
	g := newRig(t, durable.Options{})
	var ran runs
	r := router(t, func(_ context.Context, in string) (string, error) { ran.add(in); return strings.ToUpper(in), nil })
	first := enqueue(t, g.q, job("a")) // before there is a worker
	again := enqueue(t, g.q, job("a"))
	if first.Duplicate || !again.Duplicate || first.Sequence != again.Sequence {
		t.Errorf("%+v, then %+v", first, again)
	}
	w := worker(t, g.q, r, durable.WorkerOptions{})
	got := result(t, g.q, "a")
	if got.Status != durable.Done || string(got.Output) != `"A"` || got.Tries != 1 || got.Finished.IsZero() {
		t.Errorf("%+v", got)
	}
	emptied(t, g.q)
	closeIn(t, 5*time.Second, w.Close)
	if n := ran.get("a"); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

func TestWhatIsWrongWithAJobIsToldAtOnce(t *testing.T) {
	g := newRig(t, durable.Options{})
	_, err := g.q.Enqueue(t.Context(), durable.Job{ID: "a b", Tenant: strings.Repeat("x", 200), Class: 99})
	for _, part := range []string{"ID", "Kind", "Tenant has 200", "Class"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not say %s", err, part)
		}
	}
	if _, err := durable.Open(t.Context(), g.nc, durable.Options{Name: "a.b", MaxJobs: -1, Replicas: 2, AckWait: 1}); err == nil ||
		!strings.Contains(err.Error(), "Name") || !strings.Contains(err.Error(), "MaxJobs -1") || !strings.Contains(err.Error(), "Replicas 2") || !strings.Contains(err.Error(), "AckWait") {
		t.Error(err)
	}
}

func TestWhoOpensAQueueWithoutOptionsLeavesItAsItIs(t *testing.T) {
	g := newRig(t, durable.Options{MaxJobs: 3, AckWait: 3 * time.Second})
	q, err := durable.Open(t.Context(), g.nc, durable.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		enqueue(t, q, job(fmt.Sprint("j", i)))
	}
	var full *durable.FullError
	if _, err := q.Enqueue(t.Context(), job("j3")); !errors.As(err, &full) || full.Limit != 3 {
		t.Errorf("%v", err)
	}
}

func TestWhatIsTooLargeIsToldAndDoesNotGoRound(t *testing.T) {
	g := newRig(t, durable.Options{})
	r := router(t, func(context.Context, string) (string, error) { return strings.Repeat("x", 900<<10), nil })
	w := worker(t, g.q, r, durable.WorkerOptions{})
	defer closeIn(t, 5*time.Second, w.Close)
	large := job("large")
	large.Payload = make([]byte, 1<<20-1000)
	if _, err := g.q.Enqueue(t.Context(), large); err == nil || !strings.Contains(err.Error(), "max_payload") {
		t.Error(err)
	}
	enqueue(t, g.q, job("small"))
	if got := result(t, g.q, "small"); got.Status != durable.Dead || got.Tries != 1 || !strings.Contains(got.Error, "its result of") {
		t.Errorf("%+v", got)
	}
}

func TestAFullQueueSaysSo(t *testing.T) {
	g := newRig(t, durable.Options{MaxJobs: 3})
	for i := range 3 {
		enqueue(t, g.q, job(fmt.Sprint("j", i)))
	}
	_, err := g.q.Enqueue(t.Context(), job("j3"))
	var full *durable.FullError
	if !errors.As(err, &full) || full.Limit != 3 {
		t.Errorf("%v", err)
	}
}

func TestAJobThatFailsIsTriedAgainAndThenDead(t *testing.T) {
	g := newRig(t, durable.Options{})
	var ran runs
	r := router(t, func(_ context.Context, in string) (string, error) {
		n := ran.add(in)
		switch {
		case in == "second time" && n == 2:
			return "at last", nil
		case in == "panics":
			panic("boom")
		}
		return "", errWork
	})
	w := worker(t, g.q, r, durable.WorkerOptions{Tries: 2})
	defer closeIn(t, 5*time.Second, w.Close)
	for id, input := range map[string]string{"one": "second time", "two": "never", "three": "panics"} {
		enqueue(t, g.q, durable.Job{ID: id, Kind: "work", Payload: fmt.Appendf(nil, "%q", input), Tenant: "acme", Class: helix.ClassCritical})
	}
	enqueue(t, g.q, durable.Job{ID: "four", Kind: "nobody's", Payload: []byte(`""`)})
	if got := result(t, g.q, "one"); got.Status != durable.Done || got.Tries != 2 {
		t.Errorf("%+v", got)
	}
	for id, why := range map[string]string{"two": errWork.Error(), "three": "boom", "four": "nobody's"} {
		if got := result(t, g.q, id); got.Status != durable.Dead || got.Tries != 2 || !strings.Contains(got.Error, why) {
			t.Errorf("%s: %+v", id, got)
		}
	}
	emptied(t, g.q)
	letters, err := g.q.Dead(t.Context(), 10)
	if err != nil || len(letters) != 3 {
		t.Fatalf("%+v, %v", letters, err)
	}
	for _, l := range letters {
		if l.Job.ID == "two" && (l.Job.Tenant != "acme" || l.Job.Class != helix.ClassCritical || l.Tries != 2 || l.At.IsZero() || !strings.Contains(l.Reason, errWork.Error())) {
			t.Errorf("%+v", l)
		}
	}
	before := ran.get("never")
	if err := g.q.Requeue(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	if got := result(t, g.q, "two"); got.Status != durable.Dead {
		t.Errorf("%+v", got)
	}
	if n := ran.get("never") - before; n != 2 {
		t.Errorf("sent back, it ran %d times more", n)
	}
	if err := g.q.Requeue(t.Context(), "unheard"); err == nil || !strings.Contains(err.Error(), "unheard") {
		t.Error(err)
	}
}

func TestAJobWhoseTimeIsOverDoesNotRun(t *testing.T) {
	g := newRig(t, durable.Options{})
	var ran runs
	r := router(t, func(_ context.Context, in string) (string, error) { ran.add(in); return "", nil })
	late := job("late")
	late.Deadline = time.Now().Add(-time.Second)
	enqueue(t, g.q, late)
	w := worker(t, g.q, r, durable.WorkerOptions{})
	defer closeIn(t, 5*time.Second, w.Close)
	if got := result(t, g.q, "late"); got.Status != durable.Expired || ran.get("late") != 0 {
		t.Errorf("%+v, it ran %d times", got, ran.get("late"))
	}
}

func TestALongJobIsNotGivenToASecondWorker(t *testing.T) {
	g := newRig(t, durable.Options{AckWait: 300 * time.Millisecond})
	var ran runs
	r := router(t, func(_ context.Context, in string) (string, error) {
		ran.add(in)
		time.Sleep(1200 * time.Millisecond)
		return "", nil
	})
	w := worker(t, g.q, r, durable.WorkerOptions{})
	defer closeIn(t, 5*time.Second, w.Close)
	enqueue(t, g.q, job("long"))
	if got := result(t, g.q, "long"); got.Tries != 1 || ran.get("long") != 1 {
		t.Errorf("%+v, it ran %d times", got, ran.get("long"))
	}
}

func TestWhatARouterHasNoRoomForWaits(t *testing.T) {
	g := newRig(t, durable.Options{})
	r := router(t, func(context.Context, string) (string, error) { return "in", nil })
	if err := r.InjectPressure(1, "test", time.Hour); err != nil { // the door is shut
		t.Fatal(err)
	}
	w := worker(t, g.q, r, durable.WorkerOptions{Tries: 1})
	defer closeIn(t, 5*time.Second, w.Close)
	enqueue(t, g.q, job("patient"))
	time.Sleep(700 * time.Millisecond)
	if err := r.InjectPressure(0, "test", time.Hour); err != nil {
		t.Fatal(err)
	}
	if got := result(t, g.q, "patient"); got.Status != durable.Done || got.Tries != 1 {
		t.Errorf("%+v", got)
	}
}

func TestAWorkerThatLeavesLosesNothing(t *testing.T) {
	g := newRig(t, durable.Options{})
	var ran runs
	slow := router(t, func(ctx context.Context, in string) (string, error) {
		ran.add(in)
		select {
		case <-time.After(time.Hour):
		case <-ctx.Done():
		}
		return "", ctx.Err()
	})
	first := worker(t, g.q, slow, durable.WorkerOptions{})
	for i := range 8 {
		enqueue(t, g.q, job(fmt.Sprint("j", i)))
	}
	for ran.get("j0") == 0 {
		time.Sleep(time.Millisecond)
	}
	short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := first.Close(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	quick := router(t, func(context.Context, string) (string, error) { return "done", nil })
	second := worker(t, g.q, quick, durable.WorkerOptions{})
	defer closeIn(t, 5*time.Second, second.Close)
	for i := range 8 {
		if got := result(t, g.q, fmt.Sprint("j", i)); got.Status != durable.Done {
			t.Errorf("%d: %+v", i, got)
		}
	}
}
