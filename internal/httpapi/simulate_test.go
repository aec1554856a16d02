package httpapi_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
	"github.com/helixrouter/helix/workload"
)

func TestSimulate(t *testing.T) {
	bursts, free := make(chan httpapi.Burst, 1), make(chan error)
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Simulate: func(ctx context.Context, b httpapi.Burst) (workload.Summary, error) {
		bursts <- b
		select {
		case err := <-free:
			return workload.Summary{Completed: 5, Shed: 4, Expired: 3, Failed: 2, Panicked: 1}, err
		case <-ctx.Done():
			return workload.Summary{}, ctx.Err()
		}
	}})
	for _, c := range []struct{ body, pointers string }{
		{`{}`, "/jobs"},
		{`{"jobs":0}`, "/jobs"},
		{`{"jobs":1000001}`, "/jobs"},
		{`{"jobs":8.0,"rate":-1,"seed":-1,"x":1}`, "/jobs /rate /seed /x"},
		{`{"jobs":1,"rate":1000000.1}`, "/rate"},
		{`{"jobs":1,"rate":null}`, "/rate"},
		{`{"jobs":3601,"rate":1}`, "/rate"},
		{`{"jobs":1,"rate":1e-320}`, "/rate"},
		{`{"jobs":1,"seed":18446744073709551616}`, "/seed"},
		{`[]`, ""},
	} {
		if p := problemOf(t, r.call(t, "POST", "/api/simulate", c.body), 422, "/api/simulate"); p.pointers() != c.pointers {
			t.Errorf("%s: %q", c.body, p.pointers())
		}
	}
	const body = `{"jobs":1000000,"rate":1000000,"seed":18446744073709551615}`
	if a := r.call(t, "POST", "/api/simulate", body); a.status != 202 || a.body != body {
		t.Fatalf("%+v", a)
	}
	if got := <-bursts; got != (httpapi.Burst{Jobs: 1e6, Rate: 1e6, Seed: 1<<64 - 1}) {
		t.Errorf("%+v", got)
	}
	problemOf(t, r.call(t, "POST", "/api/simulate", `{"jobs":1}`), 409, "/api/simulate")
	free <- errors.New("no luck")
	var a answer
	eventually(t, "the next burst starts", func() bool { a = r.call(t, "POST", "/api/simulate", `{"jobs":1}`); return a.status == 202 })
	if a.body != `{"jobs":1,"rate":0,"seed":7}` {
		t.Errorf("%+v", a)
	}
	<-bursts
	if !strings.Contains(r.log.String(), `msg="burst failed" jobs=1000000 rate=1e+06 seed=18446744073709551615 done=5 shed=4 expired=3 failed=3 canceled=0 error="no luck"`) {
		t.Error("the failed burst is not in the log")
	}
	if err := r.api.Close(t.Context()); err != nil {
		t.Error(err)
	}
	problemOf(t, r.call(t, "POST", "/api/simulate", `{"jobs":1}`), 503, "/api/simulate")
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	free := make(chan struct{})
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Simulate: func(context.Context, httpapi.Burst) (workload.Summary, error) {
		<-free
		return workload.Summary{}, nil
	}})
	r.call(t, "POST", "/api/simulate", `{"jobs":1}`)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := r.api.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	close(free)
}

// The generator's kinds, as quick as can be.
func registerSamples(t *testing.T, r *helix.Router) {
	for _, name := range []string{"HashMix", "PrimeCount", "MonteCarloRisk"} {
		run := func(_ context.Context, j helix.Job) ([]helix.Output, error) {
			return []helix.Output{helix.U64(j.ID)}, nil
		}
		if _, err := helix.Register(r, helix.Kind[helix.Job, []helix.Output]{Name: name, Run: run}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBurstWithoutRate(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	registerSamples(t, r.router)
	if a := r.call(t, "POST", "/api/simulate", `{"jobs":2000}`); a.status != 202 {
		t.Fatalf("%+v", a)
	}
	eventually(t, "all jobs ended", func() bool { l := r.router.Stats().Ledger; return l.Submitted == 2000 && l.InFlight == 0 })
}

func TestBurstWithRate(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	registerSamples(t, r.router)
	began := time.Now()
	r.call(t, "POST", "/api/simulate", `{"jobs":100,"rate":400}`)
	eventually(t, "all jobs ended", func() bool { l := r.router.Stats().Ledger; return l.Submitted == 100 && l.InFlight == 0 })
	if took := time.Since(began); took < 99*time.Second/400 {
		t.Errorf("100 jobs at 400 a second took %v", took)
	}
	// One that would take an hour ends with Close.
	eventually(t, "a slow burst starts", func() bool { return r.call(t, "POST", "/api/simulate", `{"jobs":3600,"rate":1}`).status == 202 })
	if err := r.api.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDrainStopsABurst(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	registerSamples(t, r.router)
	r.call(t, "POST", "/api/simulate", `{"jobs":3600,"rate":1}`)
	r.api.Drain()
	eventually(t, "the burst ends", func() bool {
		return strings.Contains(r.log.String(), `msg="burst cancelled" jobs=3600 rate=1 seed=7 done=`)
	})
	problemOf(t, r.call(t, "POST", "/api/simulate", `{"jobs":1}`), 503, "/api/simulate")
}
