package helix_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
)

const goodJob = `{"id":1,"kind":"HashMix","inputs":[42,100],"compute_cost":1000,"scaling_potential":0.3,"latency_budget_ms":50}`

// jobWith is the good record with one member replaced, or left out for "".
func jobWith(t testing.TB, name, value string) []byte {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(goodJob), &members); err != nil {
		t.Fatal(err)
	}
	members[name] = json.RawMessage(value)
	if value == "" {
		delete(members, name)
	}
	var b strings.Builder // by hand, since json.Marshal would refuse what is no JSON
	for i, k := range sortedKeys(members) {
		if i > 0 {
			b.WriteByte(',')
		}
		k, _ := json.Marshal(k)
		b.Write(k)
		b.WriteByte(':')
		b.Write(members[mustUnquote(k)])
	}
	return []byte("{" + b.String() + "}")
}

func sortedKeys(m map[string]json.RawMessage) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func mustUnquote(text []byte) (s string) {
	_ = json.Unmarshal(text, &s)
	return s
}

func TestAJobRecordReadsAsItIsWritten(t *testing.T) {
	var j helix.Job
	if err := json.Unmarshal([]byte(goodJob), &j); err != nil {
		t.Fatal(err)
	}
	want := helix.Job{ID: 1, Kind: "HashMix", Inputs: []uint64{42, 100}, ComputeCost: 1000, ScalingPotential: 0.3, LatencyBudgetMS: 50}
	if !reflect.DeepEqual(j, want) {
		t.Errorf("got %+v, want %+v", j, want)
	}
	if text, err := json.Marshal(j); err != nil || string(text) != goodJob {
		t.Errorf("written as %s, %v, want %s", text, err, goodJob)
	}
	full := want
	full.Tenant, full.Class, full.Deadline = "acme", helix.ClassCritical, time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	text, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	var back helix.Job
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, full) {
		t.Errorf("%s reads as %+v, %v", text, back, err)
	}
}

func TestWholeNumbersStayExact(t *testing.T) {
	const most = "18446744073709551615"
	for _, field := range []string{"id", "compute_cost", "latency_budget_ms"} {
		var j helix.Job
		if err := json.Unmarshal(jobWith(t, field, most), &j); err != nil {
			t.Errorf("%s: %v", field, err)
		}
		if v := map[string]uint64{"id": j.ID, "compute_cost": j.ComputeCost, "latency_budget_ms": j.LatencyBudgetMS}[field]; v != 1<<64-1 {
			t.Errorf("%s reads as %d", field, v)
		}
	}
	var j helix.Job
	if err := json.Unmarshal(jobWith(t, "inputs", "[9007199254740993,"+most+",0]"), &j); err != nil {
		t.Fatal(err)
	}
	if want := []uint64{1<<53 + 1, 1<<64 - 1, 0}; !slices.Equal(j.Inputs, want) {
		t.Errorf("inputs read as %d, want %d", j.Inputs, want)
	}
}

func TestAWrongMemberIsNamedByItsPointer(t *testing.T) {
	long := `"` + strings.Repeat("x", 129) + `"`
	notWhole := []string{"8.0", `"8"`, "-1", "1e3", "18446744073709551616", "null", "true", "[]", "{}", "-0", ""}
	for field, values := range map[string][]string{
		"id":                notWhole,
		"compute_cost":      notWhole,
		"latency_budget_ms": notWhole,
		"kind":              {"1", "null", "[]", ""},
		"inputs":            {"1", "null", `"1"`, "{}", ""},
		"scaling_potential": {"-0.1", "1.1", `"0.5"`, "null", "1e400", "-1e-9", ""},
		"tenant":            {"1", "null", long},
		"class":             {`"gold"`, "1", "null", `""`},
		"deadline":          {`"tomorrow"`, "1", "null"},
		"surprise":          {"1", "null", `"x"`},
		"ID":                {"1"}, // not the record's spelling
		"Kind":              {`"HashMix"`},
	} {
		for _, value := range values {
			wantFaults(t, jobWith(t, field, value), "/"+field)
		}
	}
	for value, pointer := range map[string]string{
		"[1,2.5]": "/inputs/1", `["1"]`: "/inputs/0", "[1,2,-3]": "/inputs/2", "[0,null]": "/inputs/1", "[[1]]": "/inputs/0",
		"[18446744073709551616]": "/inputs/0",
	} {
		wantFaults(t, jobWith(t, "inputs", value), pointer)
	}
	wantFaults(t, jobWith(t, "a/b~c", "1"), "/a~1b~0c")
}

func wantFaults(t *testing.T, text []byte, pointers ...string) {
	t.Helper()
	before := helix.Job{ID: 99}
	j := before
	err := json.Unmarshal(text, &j)
	var e *helix.JobError
	if !errors.As(err, &e) {
		t.Errorf("%s: got %v, want a *JobError", text, err)
		return
	}
	var got []string
	for _, f := range e.Faults {
		got = append(got, f.Pointer)
		if f.Message == "" {
			t.Errorf("%s: no message for %s", text, f.Pointer)
		}
	}
	if !slices.Equal(got, pointers) {
		t.Errorf("%s: faults at %q, want %q", text, got, pointers)
	}
	if !reflect.DeepEqual(j, before) {
		t.Errorf("%s: the job was changed: %+v", text, j)
	}
	if !strings.Contains(err.Error(), pointers[0]) {
		t.Errorf("%q names not %s", err, pointers[0])
	}
}

func TestAllFaultsOfAJobComeBackAtOnce(t *testing.T) {
	wantFaults(t, []byte(`{"id":-1,"inputs":[1,"2"],"compute_cost":1.5,"scaling_potential":2,"colour":"red"}`),
		"/colour", "/compute_cost", "/id", "/inputs/1", "/kind", "/latency_budget_ms", "/scaling_potential")
	wantFaults(t, []byte(`{}`), "/compute_cost", "/id", "/inputs", "/kind", "/latency_budget_ms", "/scaling_potential")
}

func TestWhatIsNoObjectIsNoJob(t *testing.T) {
	for _, text := range []string{``, `[]`, `1`, `"x"`, `{`, goodJob + "x", `{"scaling_potential":NaN}`, `{"scaling_potential":Infinity}`} {
		var j helix.Job
		if err := j.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
		if err := json.Unmarshal([]byte(text), &j); err == nil {
			t.Errorf("%q was accepted by encoding/json", text)
		}
	}
}

// registerJobKind makes a kind of job records whose output is the job's id.
func registerJobKind(t testing.TB, r *helix.Router, name string) {
	t.Helper()
	_, err := helix.Register(r, helix.Kind[helix.Job, []helix.Output]{
		Name: name,
		Run: func(_ context.Context, j helix.Job) ([]helix.Output, error) {
			return []helix.Output{helix.U64(j.ID)}, nil
		},
		Batch: func(_ context.Context, jobs []helix.Job) ([]helix.Result[[]helix.Output], error) {
			out := make([]helix.Result[[]helix.Output], len(jobs))
			for i, j := range jobs {
				out[i].Value = []helix.Output{helix.U64(j.ID)}
			}
			return out, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSubmitRunsNothingOfABadJob(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, nil)
		registerJobKind(t, r, "id")
		nan := 0.0
		nan /= nan
		for _, j := range []helix.Job{
			{Kind: "id", ScalingPotential: nan},
			{Kind: "id", ScalingPotential: 1.1},
			{Kind: "id", ScalingPotential: -0.1},
			{Kind: "id", ScalingPotential: 1 / (nan - nan)},
			{Kind: "id", Tenant: strings.Repeat("x", 129)},
		} {
			var e *helix.JobError
			if _, err := r.Submit(t.Context(), j); !errors.As(err, &e) {
				t.Errorf("%+v: got %v, want a *JobError", j, err)
			}
		}
		for _, name := range []string{"", "Id", "kind", "nobody"} { // "kind" takes no records
			var e *helix.UnknownKindError
			_, err := r.Submit(t.Context(), helix.Job{Kind: name})
			if !errors.As(err, &e) || e.Kind != name || !slices.Equal(e.Known, []string{"id"}) {
				t.Errorf("kind %q: got %v, want an *UnknownKindError that knows \"id\"", name, err)
			}
		}
		wantLedger(t, r, helix.Ledger{}) // none of them was a job
	})
}

func TestAJobsBudgetAndDeadlineCount(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := testRouter(t, width(1))
		registerJobKind(t, r, "id")
		hold(t, r, 1)
		start := time.Now()
		for _, c := range []struct {
			job   helix.Job
			after time.Duration
		}{
			{helix.Job{Kind: "id", ComputeCost: 100_000, LatencyBudgetMS: 50}, 50 * time.Millisecond},
			{helix.Job{Kind: "id", ComputeCost: 100_000, LatencyBudgetMS: 5000, Deadline: start.Add(80 * time.Millisecond)}, 80 * time.Millisecond},
		} {
			_, err := r.Submit(t.Context(), c.job)
			if !errors.Is(err, helix.ErrExpired) || time.Since(start) != c.after {
				t.Errorf("got %v after %v, want ErrExpired after %v", err, time.Since(start), c.after)
			}
		}
	})
}

func TestOutputsKeepTheirTypeOnTheWire(t *testing.T) {
	for text, want := range map[string]helix.Output{
		`{"U64":1229}`:                 helix.U64(1229),
		`{"U64":18446744073709551615}`: helix.U64(1<<64 - 1),
		`{"U64":0}`:                    helix.U64(0),
		`{"F64":-0.0445}`:              helix.F64(-0.0445),
		`{"F64":0}`:                    helix.F64(0),
		`{"F64":1e+300}`:               helix.F64(1e300),
	} {
		got, err := json.Marshal(want)
		if err != nil || string(got) != text {
			t.Errorf("written as %s, %v, want %s", got, err, text)
		}
		var back helix.Output
		if err := json.Unmarshal([]byte(text), &back); err != nil || back != want {
			t.Errorf("%s reads as %v, %v", text, back, err)
		}
		if s := want.String(); s != text {
			t.Errorf("String is %s, want %s", s, text)
		}
	}
	if v, ok := helix.U64(7).U64(); v != 7 || !ok {
		t.Error("a whole number is not one")
	}
	if _, ok := helix.U64(7).F64(); ok {
		t.Error("a whole number is a float")
	}
	if v, ok := helix.F64(7).F64(); v != 7 || !ok {
		t.Error("a float is not one")
	}
	if _, ok := helix.F64(7).U64(); ok {
		t.Error("a float is a whole number")
	}
	for _, text := range []string{`1`, `{}`, `null`, `{"U64":1,"F64":2}`, `{"U64":-1}`, `{"U64":1.5}`, `{"U64":"1"}`, `{"U64":null}`, `{"I64":1}`, `{"U64":1,"I64":1}`, `{"u64":1}`, `{"f64":1}`} {
		var o helix.Output
		if err := o.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s reads as %v, want an error", text, o)
		}
	}
	nan := 0.0
	if _, err := json.Marshal(helix.F64(nan / nan)); err == nil {
		t.Error("NaN was written as JSON")
	}
}

// FuzzJob: what is accepted is valid, and survives being written and read again.
func FuzzJob(f *testing.F) {
	f.Add([]byte(goodJob))
	f.Add(jobWith(f, "inputs", "[0,null]"))
	f.Add(jobWith(f, "class", `"critical"`))
	f.Add(jobWith(f, "deadline", `"2026-01-02T03:04:05Z"`))
	f.Add(jobWith(f, "id", "18446744073709551615"))
	f.Add([]byte(`{"id":8.0}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var j helix.Job
		if err := json.Unmarshal(text, &j); err != nil {
			if !reflect.DeepEqual(j, helix.Job{}) {
				t.Fatalf("refused, but changed the job: %+v", j)
			}
			return
		}
		if err := j.Validate(); err != nil {
			t.Fatalf("accepted, but not valid: %v", err)
		}
		written, err := json.Marshal(j)
		if err != nil {
			t.Fatalf("accepted, but cannot be written: %v", err)
		}
		var again helix.Job
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("%s cannot be read again: %v", written, err)
		}
		if !again.Deadline.Equal(j.Deadline) {
			t.Fatalf("deadline %v, then %v", j.Deadline, again.Deadline)
		}
		again.Deadline = j.Deadline
		if !reflect.DeepEqual(again, j) {
			t.Fatalf("%+v, then %+v", j, again)
		}
	})
}
