package workload_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/workload"
	"pgregory.net/rapid"
)

func readAll(text string) ([]workload.Record, error) {
	var records []workload.Record
	for r, err := range workload.ReadTrace(strings.NewReader(text)) {
		if err != nil {
			return records, err
		}
		records = append(records, r)
	}
	return records, nil
}

func TestReadTraceOfTheGoldenFile(t *testing.T) {
	text, err := os.ReadFile("testdata/seed7-200.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	records, err := readAll(string(text))
	if err != nil || len(records) != 200 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	for i, job := range workload.New(7).Jobs(200) {
		if !reflect.DeepEqual(records[i].Job, job) {
			t.Fatalf("job %d: %+v, want %+v", i, records[i].Job, job)
		}
	}
	var out bytes.Buffer
	if err := workload.WriteTrace(&out, slices.Values(records)); err != nil || out.String() != string(text) {
		t.Errorf("written trace differs from the one read (%v)", err)
	}
}

// job is a valid record up to its closing brace.
const job = `{"id":1,"kind":"HashMix","inputs":[18446744073709551615],"compute_cost":2,"scaling_potential":0.5,"latency_budget_ms":3`

func TestReadTraceNamesThePlace(t *testing.T) {
	good := job + "}\n"
	for name, c := range map[string]struct{ text, want string }{
		"syntax":           {good + "\n" + `{"id":1,}`, "trace line 3, column 9: "},
		"cut short":        {good + `{"id":1`, "trace line 2, column 7: "},
		"not an object":    {"[1]", "trace line 1, column 1: "},
		"missing field":    {`{"id":1}`, "trace line 1: invalid job, nothing ran: /compute_cost is missing"},
		"wrong element":    {strings.Replace(good, "[18446744073709551615]", "[1,2.5]", 1), "/inputs/1 "},
		"too large":        {strings.Replace(good, "18446744073709551615", "18446744073709551616", 1), "/inputs/0 "},
		"unknown field":    {job + `,"priority":1}`, "/priority is unknown"},
		"decreasing":       {job + `,"at_seconds":2}` + "\n" + job + `,"at_seconds":1}`, "trace line 2: invalid job, nothing ran: /at_seconds must not lie before the line above, at 2"},
		"back to start":    {job + `,"at_seconds":2}` + "\n" + good, "trace line 2: "},
		"negative":         {job + `,"at_seconds":-1}`, "/at_seconds must be a finite number"},
		"negative zero":    {job + `,"at_seconds":-0}`, "/at_seconds must be a finite number"},
		"NaN":              {job + `,"at_seconds":NaN}`, "trace line 1, column "},
		"NaN text":         {job + `,"at_seconds":"NaN"}`, "/at_seconds must be a finite number"},
		"overflow":         {job + `,"at_seconds":1e999}`, "/at_seconds must be a finite number"},
		"null":             {job + `,"service_seconds":null}`, "/service_seconds must be a finite number"},
		"two faults":       {job + `,"tenant":5,"service_seconds":-1}`, "/tenant must be a string of at most 128 bytes; /service_seconds must be"},
		"long line":        {good + strings.Repeat(" ", 1<<20+10) + good, "trace line 2, column 1048577: "},
		"one byte too big": {good + job + "}" + strings.Repeat(" ", 1<<20-len(job)) + "\n", "trace line 2, column 1048577: "},
	} {
		_, err := readAll(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
		var place *workload.TraceError
		if !errors.As(err, &place) {
			t.Errorf("%s: %T, want a *TraceError", name, err)
		}
	}
}

func TestReadTraceTakesALineOfOneMebibyte(t *testing.T) {
	for _, end := range []string{"", "\n", "\r\n"} {
		records, err := readAll(job + "}" + strings.Repeat(" ", 1<<20-len(job)-1) + end + job + "}")
		if end == "" {
			records, err = readAll(job + "}" + strings.Repeat(" ", 1<<20-len(job)-1))
		}
		if err != nil || len(records) == 0 {
			t.Errorf("ending %q: %d records, %v", end, len(records), err)
		}
	}
}

func TestReadTraceReportsTheReadersError(t *testing.T) {
	broken := errors.New("disk on fire")
	for _, err := range workload.ReadTrace(brokenReader{broken}) {
		if !errors.Is(err, broken) {
			t.Errorf("%v, want %v", err, broken)
		}
	}
}

type brokenReader struct{ err error }

func (r brokenReader) Read([]byte) (int, error) { return 0, r.err }

func TestWriteTraceRefusesWhatCannotBeRead(t *testing.T) {
	for name, records := range map[string][]workload.Record{
		"NaN":             {{AtSeconds: math.NaN()}},
		"infinite":        {{ServiceSeconds: math.Inf(1)}},
		"negative":        {{AtSeconds: -1}},
		"decreasing":      {{AtSeconds: 2}, {AtSeconds: 1}},
		"invalid scaling": {{Job: helix.Job{ScalingPotential: 2}}},
		"long line":       {{Job: helix.Job{Kind: strings.Repeat("k", 1<<20)}}},
	} {
		var out bytes.Buffer
		err := workload.WriteTrace(&out, slices.Values(records))
		var place *workload.TraceError
		if !errors.As(err, &place) || place.Line != len(records) {
			t.Errorf("%s: %v, want a *TraceError in line %d", name, err, len(records))
		}
		if kept, err := readAll(out.String()); err != nil || len(kept) != len(records)-1 {
			t.Errorf("%s: the lines before the refused one: %d, %v", name, len(kept), err)
		}
	}
}

func seconds() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.SampledFrom([]float64{0, math.SmallestNonzeroFloat64, 1e20, 1e21, math.MaxFloat64}), rapid.Float64Range(0, 1e6))
}

func record() *rapid.Generator[workload.Record] {
	number := rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1<<53 + 1, 1<<64 - 1}))
	return rapid.Custom(func(t *rapid.T) workload.Record {
		r := workload.Record{ServiceSeconds: seconds().Draw(t, "service"), Job: helix.Job{
			ID: number.Draw(t, "id"), Kind: rapid.String().Draw(t, "kind"),
			Inputs: rapid.SliceOf(number).Draw(t, "inputs"), ComputeCost: number.Draw(t, "cost"),
			ScalingPotential: rapid.Float64Range(0, 1).Draw(t, "scaling"), LatencyBudgetMS: number.Draw(t, "budget"),
			Tenant: rapid.StringN(0, 10, 128).Draw(t, "tenant"),
			Class:  rapid.SampledFrom([]helix.Class{helix.ClassDefault, helix.ClassSheddable, helix.ClassCriticalPlus}).Draw(t, "class"),
		}}
		if nanos := rapid.Int64Range(0, 1<<60).Draw(t, "deadline"); nanos > 0 {
			r.Deadline = time.Unix(0, nanos).UTC()
		}
		return r
	})
}

func TestTracesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(record(), 0, 5).Draw(t, "records")
		for i := range records {
			if i > 0 {
				records[i].AtSeconds = max(records[i-1].AtSeconds, seconds().Draw(t, "at"))
			}
		}
		var out bytes.Buffer
		if err := workload.WriteTrace(&out, slices.Values(records)); err != nil {
			t.Fatal(err)
		}
		got, err := readAll(out.String())
		if err != nil || len(got) != len(records) {
			t.Fatalf("%d records, %v", len(got), err)
		}
		for i := range records {
			if !reflect.DeepEqual(got[i], records[i]) {
				t.Fatalf("record %d:\n got %+v\nwant %+v", i, got[i], records[i])
			}
		}
	})
}

// FuzzReadTrace: the reader never panics, and what it accepts it gives back after
// a round trip. Lines near the length limit are left out: escapes may lengthen them.
func FuzzReadTrace(f *testing.F) {
	f.Add(job + "}\n\n" + job + `,"at_seconds":1.5,"service_seconds":1e-9,"tenant":"a<b","class":"critical","deadline":"2030-01-02T03:04:05.6+07:00"}`)
	f.Add("[1]")
	f.Add(`{"id":1e3}`)
	f.Fuzz(func(t *testing.T, text string) {
		records, _ := readAll(text)
		var first, second bytes.Buffer
		if err := workload.WriteTrace(&first, slices.Values(records)); err != nil {
			if len(text) < 1<<16 {
				t.Fatalf("read but not written: %v", err)
			}
			return
		}
		again, err := readAll(first.String())
		if err != nil || len(again) != len(records) {
			t.Fatalf("%d of %d records came back, %v", len(again), len(records), err)
		}
		if err := workload.WriteTrace(&second, slices.Values(again)); err != nil || first.String() != second.String() {
			t.Fatalf("round trip changed the trace (%v):\n%s\n%s", err, first.String(), second.String())
		}
	})
}
