package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
	"github.com/helixrouter/helix/route"
)

// record is a job record.
func record(kind string, id, cost uint64) string {
	return fmt.Sprintf(`{"id":%d,"kind":%q,"inputs":[1,2],"compute_cost":%d,"scaling_potential":0.5,"latency_budget_ms":0}`, id, kind, cost)
}

type result struct {
	Status         int
	JobID          uint64 `json:"job_id"`
	Kind           string
	Strategy       helix.Strategy
	Reason         helix.Reason
	Outputs        []helix.Output
	ElapsedSeconds float64 `json:"elapsed_seconds"`
	Problem        *problem
}

func decode[T any](t testing.TB, a answer, status int) (v T) {
	t.Helper()
	if a.status != status || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return v
}

func TestOneJob(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Now: new(fakeTime).now})
	const largest = "18446744073709551615"
	a := r.call(t, "POST", "/api/jobs", `{"id":`+largest+`,"kind":"Echo","inputs":[`+largest+`,9007199254740993,0],"compute_cost":100,"scaling_potential":1,"latency_budget_ms":60000}`)
	body := regexp.MustCompile(`"run_seconds":[0-9.e-]+`).ReplaceAllString(a.body, `"run_seconds":R`)
	want := `{"job_id":` + largest + `,"kind":"Echo","strategy":"inline","reason":"cheap","outputs":[{"U64":` + largest + `},{"U64":` + largest + `},{"U64":9007199254740993},{"U64":0}],"wait_seconds":0,"run_seconds":R,"elapsed_seconds":0}`
	if a.status != 200 || body != want {
		t.Errorf("got  %d %s\nwant %s", a.status, body, want)
	}
	for cost, strategy := range map[uint64]helix.Strategy{8000: helix.Inline, 8001: helix.Spawn, 60000: helix.CPUPool} {
		if got := decode[result](t, r.call(t, "POST", "/api/jobs", record("Echo", 1, cost)), 200); got.Strategy != strategy {
			t.Errorf("cost %d went %v", cost, got.Strategy)
		}
	}
	if a := r.call(t, "POST", "/api/jobs", record("Nothing", 1, 1)); !strings.Contains(a.body, `"outputs":[]`) {
		t.Errorf("%+v", a)
	}
}

func TestInvalidJobs(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	const rest = `"compute_cost":1,"scaling_potential":0.5,"latency_budget_ms":5`
	all := "/compute_cost /id /inputs /kind /latency_budget_ms /scaling_potential"
	good := record("Echo", 1, 1)
	for _, c := range []struct{ name, body, pointers string }{
		{"empty object", `{}`, all},
		{"number", `5`, ""},
		{"fraction", `{"id":8.0,"kind":"Echo","inputs":[],` + rest + `}`, "/id"},
		{"text", `{"id":"8","kind":"Echo","inputs":[],` + rest + `}`, "/id"},
		{"negative", `{"id":-1,"kind":"Echo","inputs":[],` + rest + `}`, "/id"},
		{"too large", `{"id":18446744073709551616,"kind":"Echo","inputs":[],` + rest + `}`, "/id"},
		{"bad input", `{"id":1,"kind":"Echo","inputs":[1,2,-3],` + rest + `}`, "/inputs/2"},
		{"null", `{"id":null,"kind":"Echo","inputs":null,` + rest + `}`, "/id /inputs"},
		{"unknown field", `{"id":1,"kind":"Echo","inputs":[],"Kind":"x","a/b~":1,` + rest + `}`, "/Kind /a~1b~0"},
		{"unknown kind", `{"id":1,"kind":"echo","inputs":[],` + rest + `}`, "/kind"},
		{"scaling", `{"id":1,"kind":"Echo","inputs":[],"compute_cost":1,"scaling_potential":1.01,"latency_budget_ms":5}`, "/scaling_potential"},
		{"array, one invalid", `[` + good + `,{"id":8.0,"kind":"Echo","inputs":[],` + rest + `}]`, "/1/id"},
		{"array, one unknown", `[` + good + `,` + good + `,` + record("Nope", 1, 1) + `]`, "/2/kind"},
		{"array, all", `[null,7,` + record("Nope", 1, 1) + `]`, "/0 /1 /2/kind"},
		{"unknown kind beside others", `{"id":-1,"kind":"echo","inputs":[1,-1],` + rest + `}`, "/id /inputs/1 /kind"},
		{"kind beside others", `{"id":-1,"kind":"Echo","inputs":[],` + rest + `}`, "/id"},
		{"twice", `[` + good + `,{"id":1,"i\u0064":1,"a/b":{"x":[1,{"y":1,"y":2}],"x":1}}]`, "/1/id /1/a~1b/x/1/y /1/a~1b/x"},
		{"array of arrays", `[[` + good + `]]`, "/0"},
		{"too many", `[` + strings.Repeat(good+",", 1000) + good + `]`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := problemOf(t, r.call(t, "POST", "/api/jobs", c.body), 422, "/api/jobs")
			if p.pointers() != c.pointers || len(p.Errors) == 0 {
				t.Errorf("pointers %q, want %q", p.pointers(), c.pointers)
			}
		})
	}
	if n := r.router.Stats().Ledger.Submitted; n != 0 {
		t.Errorf("%d jobs ran", n)
	}
}

func TestHowJobsFail(t *testing.T) {
	c := helix.DefaultConfig()
	c.Policy = helix.PolicyThreshold
	c.CPUParallelism, c.BackpressureBusyThreshold = 1, 1
	r := newRig(t, c, httpapi.Options{})
	for _, x := range []struct {
		name, body, detail string
		status             int
	}{
		{"own error", record("Fail", 3, 1), "the job failed: Fail (inline): the sample is broken", 500},
		{"own error, pool", record("Fail", 3, 60000), "the job failed: Fail (cpu_pool): the sample is broken", 500},
		{"panic", record("Panic", 3, 1), "the job panicked: the server's log has the stack", 500},
		{"NaN", record("NaN", 3, 1), "the job has no answer that JSON can hold: the server's log says more", 500},
		{"expired", strings.Replace(record("Echo", 3, 1), `}`, `,"deadline":"2020-01-01T00:00:00Z"}`, 1), helix.ErrExpired.Error(), 504},
	} {
		a := r.call(t, "POST", "/api/jobs", x.body)
		p := problemOf(t, a, x.status, "/api/jobs")
		if p.Detail != x.detail || p.JobID == nil || *p.JobID != 3 || strings.Contains(a.body, "goroutine") || strings.Contains(a.body, "secret") {
			t.Errorf("%s: %s", x.name, a.body)
		}
	}
	if !strings.Contains(r.log.String(), "rig_test.go") {
		t.Error("the panic's stack is not in the log")
	}
}

func TestShedJobs(t *testing.T) {
	c := helix.DefaultConfig()
	c.Policy = helix.PolicyThreshold
	c.CPUParallelism, c.BackpressureBusyThreshold = 1, 1
	r := newRig(t, c, httpapi.Options{})
	first := make(chan answer, 1)
	go func() { first <- r.call(t, "POST", "/api/jobs", record("Block", 1, 60000)) }()
	eventually(t, "the slot is taken", func() bool { return r.router.Pool().Busy == 1 })

	a := r.call(t, "POST", "/api/jobs", record("Echo", 2, 1))
	p := problemOf(t, a, 503, "/api/jobs")
	seconds, err := strconv.ParseInt(a.header.Get("Retry-After"), 10, 64)
	if err != nil || p.Reason != "busy_gate" || p.RetryAfterMS < 1 || seconds < 1 || seconds != (p.RetryAfterMS+999)/1000 {
		t.Errorf("Retry-After %q, %s", a.header.Get("Retry-After"), a.body)
	}
	list := decode[[]result](t, r.call(t, "POST", "/api/jobs", "["+record("Echo", 3, 1)+"]"), 200)
	if len(list) != 1 || list[0].Status != 503 || list[0].Problem == nil || list[0].Problem.Reason != "busy_gate" || *list[0].Problem.JobID != 3 {
		t.Errorf("%+v", list)
	}
	r.release()
	if a := <-first; a.status != 200 {
		t.Errorf("%+v", a)
	}
}

func TestArrayOfJobs(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	if a := r.call(t, "POST", "/api/jobs", " [ ] "); a.status != 200 || a.body != "[]" {
		t.Errorf("%+v", a)
	}
	var records []string
	for i := range uint64(500) {
		records = append(records, record("Echo", i, 1))
	}
	records[7], records[8], records[9] = record("Fail", 7, 1), record("Panic", 8, 1), record("NaN", 9, 20000)
	list := decode[[]result](t, r.call(t, "POST", "/api/jobs", "["+strings.Join(records, ",")+"]"), 200)
	if len(list) != len(records) {
		t.Fatalf("%d answers", len(list))
	}
	for i, x := range list {
		if i >= 7 && i <= 9 {
			if x.Status != 500 || x.Problem == nil || *x.Problem.JobID != uint64(i) || x.Problem.Errors == nil {
				t.Errorf("%d: %+v", i, x)
			}
			continue
		}
		if v, _ := x.Outputs[0].U64(); x.Status != 200 || v != uint64(i) || x.JobID != uint64(i) || x.Kind != "Echo" || x.Problem != nil {
			t.Errorf("%d: %+v", i, x)
		}
	}
	if l := r.router.Stats().Ledger; l.Submitted != 500 || l.Done != 498 || l.Imbalance != 0 {
		t.Errorf("%+v", l) // NaN is a result for the router, only JSON cannot hold it
	}
}

func TestClientHangsUp(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	records := strings.Repeat(record("Block", 1, 20000)+",", 199) + record("Block", 1, 20000)
	q, err := http.NewRequestWithContext(ctx, "POST", r.server.URL+"/api/jobs", strings.NewReader("["+records+"]"))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	ended := make(chan error, 1)
	go func() {
		got, err := r.server.Client().Do(q)
		if err == nil {
			got.Body.Close()
		}
		ended <- err
	}()
	eventually(t, "jobs run", func() bool { return r.router.Stats().Ledger.InFlight == 64 })
	cancel()
	if err := <-ended; err == nil {
		t.Fatal("the client did not hang up")
	}
	eventually(t, "all stop", func() bool { return r.router.Stats().Ledger.InFlight == 0 })
	if l := r.router.Stats().Ledger; l.Submitted != 64 || l.Canceled+l.Failed != 64 {
		t.Errorf("jobs went on without a client: %+v", l)
	}
}

func TestJobsOfAClosedRouter(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	if err := r.router.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	a := r.call(t, "POST", "/api/jobs", record("Echo", 2, 1))
	if p := problemOf(t, a, 503, "/api/jobs"); p.Reason != "closed" || a.header.Get("Retry-After") != "1" {
		t.Errorf("%s", a.body)
	}
}

// overShare refuses everything for its tenant's sake.
type overShare struct{}

func (overShare) Decide(route.Request, route.Subject, route.Load, *route.Signals) route.Decision {
	return route.Decision{Strategy: route.Drop, Reason: route.ReasonOverShare, Propensity: 1}
}

func TestWhoIsOverItsShareIsToldThatItIsItsOwn(t *testing.T) {
	r := rigWith(t, []helix.Option{helix.WithPolicy(overShare{})}, helix.DefaultConfig(), httpapi.Options{})
	a := r.call(t, "POST", "/api/jobs", record("Echo", 1, 1))
	if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" || !strings.Contains(a.body, `"reason":"over_share"`) {
		t.Errorf("%+v", a)
	}
}
