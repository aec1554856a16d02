package httpapi_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// fakeTime is a clock that stands until it is moved.
type fakeTime struct{ moved atomic.Int64 }

var epoch = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func (f *fakeTime) now() time.Time          { return epoch.Add(time.Duration(f.moved.Load())) }
func (f *fakeTime) advance(d time.Duration) { f.moved.Add(int64(d)) }

func TestHealth(t *testing.T) {
	var clock fakeTime
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Now: clock.now})
	clock.advance(90*time.Second + 999*time.Millisecond)
	if a := r.call(t, "GET", "/health", ""); a.status != 200 || a.body != `{"status":"ok","uptime_secs":90}` ||
		a.header.Get("Content-Type") != "application/json" {
		t.Errorf("%+v", a)
	}
	if a := r.call(t, "GET", "/livez", ""); a.status != 200 || a.body != `{"status":"ok"}` {
		t.Errorf("%+v", a)
	}
}

func TestReadyz(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Notes: func() []string { return []string{"the file is refused"} }})
	want := `{"status":"ready","checks":[{"name":"draining","ok":true,"detail":"the server stays"},` +
		`{"name":"saturated","ok":true,"detail":"0 of 512 places in the queue are taken, full for 0 s; at least 0 % of the jobs were refused in each of the last 5 s"}],"notes":["the file is refused"]}`
	if a := r.call(t, "GET", "/readyz", ""); a.status != 200 || a.body != want {
		t.Errorf("%+v", a)
	}
	r.api.Drain()
	if a := r.call(t, "GET", "/readyz", ""); a.status != 503 || !strings.HasPrefix(a.body, `{"status":"draining","checks":[{"name":"draining","ok":false,`) {
		t.Errorf("%+v", a)
	}
	if a := r.call(t, "GET", "/livez", ""); a.status != 200 {
		t.Errorf("a draining process is alive: %+v", a)
	}
	problemOf(t, r.call(t, "POST", "/api/simulate", `{"jobs":1}`), 503, "/api/simulate")
}

func TestReadyzWhenSaturated(t *testing.T) {
	c := helix.DefaultConfig()
	c.Policy = helix.PolicyThreshold
	c.CPUParallelism, c.CPUQueueCap, c.BackpressureBusyThreshold = 1, 1, 2
	var clock fakeTime
	r := newRig(t, c, httpapi.Options{Now: clock.now})
	done := make(chan answer, 2)
	for range 2 {
		go func() { done <- r.call(t, "POST", "/api/jobs", record("Block", 1, 100000)) }()
	}
	eventually(t, "one runs and one waits", func() bool { p := r.router.Pool(); return p.Busy == 1 && p.Queued == 1 })
	time.Sleep(600 * time.Millisecond) // two looks of the watch
	if a := r.call(t, "GET", "/readyz", ""); a.status != 200 {
		t.Errorf("full for a moment only: %+v", a)
	}
	clock.advance(5 * time.Second)
	if a := r.call(t, "GET", "/readyz", ""); a.status != 503 || !strings.HasPrefix(a.body, `{"status":"saturated",`) {
		t.Errorf("%+v", a)
	}
	r.release()
	<-done
	<-done
	eventually(t, "ready again", func() bool { return r.call(t, "GET", "/readyz", "").status == 200 })
}

// A gate that refuses everybody is as full as a queue, though the queue has room.
func TestReadyzWhenNearlyAllIsRefused(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 7 s")
	}
	c := helix.DefaultConfig()
	c.Policy = helix.PolicyThreshold
	c.CPUParallelism, c.BackpressureBusyThreshold = 1, 1
	r := newRig(t, c, httpapi.Options{})
	done := make(chan answer, 1)
	go func() { done <- r.call(t, "POST", "/api/jobs", record("Block", 1, 100000)) }()
	eventually(t, "one runs", func() bool { return r.router.Pool().Busy == 1 })
	began, saturated := time.Now(), false
	for !saturated && time.Since(began) < 15*time.Second {
		r.call(t, "POST", "/api/jobs", record("Echo", 1, 1))
		saturated = r.call(t, "GET", "/readyz", "").status == 503
		time.Sleep(20 * time.Millisecond)
	}
	if took := time.Since(began); !saturated || took < 4*time.Second {
		t.Errorf("saturated: %v after %v", saturated, took)
	}
	r.release()
	<-done
	eventually(t, "ready again", func() bool {
		r.call(t, "POST", "/api/jobs", record("Echo", 1, 1))
		return r.call(t, "GET", "/readyz", "").status == 200
	})
}
