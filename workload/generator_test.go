package workload_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/workload"
)

// TestSeed7IsTheOriginalsOutput compares with what the original generator wrote
// for seed 7, byte for byte.
func TestSeed7IsTheOriginalsOutput(t *testing.T) {
	want, err := os.ReadFile("testdata/seed7-200.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(want), []byte("\n"))
	if len(lines) != 200 {
		t.Fatalf("%d golden jobs, want 200", len(lines))
	}
	for i, job := range workload.New(7).Jobs(200) {
		got, err := json.Marshal(job)
		if err != nil || !bytes.Equal(got, lines[i]) {
			t.Fatalf("job %d:\n got %s %v\nwant %s", i, got, err, lines[i])
		}
	}
}

// digest pins jobs that no golden file holds.
func digest(t *testing.T, jobs []helix.Job) string {
	t.Helper()
	text, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(text))[:16]
}

// TestJobsNeverChange pins other seeds, a long run and a burst: a change here is a
// change of what every seed in every report means.
func TestJobsNeverChange(t *testing.T) {
	for _, c := range []struct {
		name string
		jobs []helix.Job
		want string
	}{
		{"seed 0", workload.New(0).Jobs(1000), "a6e11d91eb816408"},
		{"seed 2^64-1", workload.New(1<<64 - 1).Jobs(1000), "2af91405aa1178da"},
		{"seed 7, long", workload.New(7).Jobs(20_000), "d53b91e149717756"},
		{"burst", workload.PressureBurst(7, 300, 300), "9018a1a6fcef76d1"},
	} {
		if got := digest(t, c.jobs); got != c.want {
			t.Errorf("%s: digest %s, want %s", c.name, got, c.want)
		}
	}
}

func TestMixKeepsItsShares(t *testing.T) {
	const n = 20_000
	counts := map[string]int{}
	var scaling float64
	for i, job := range workload.New(3).Jobs(n) {
		counts[job.Kind]++
		scaling += job.ScalingPotential
		if err := job.Validate(); err != nil || job.ID != uint64(i) {
			t.Fatalf("job %d: id %d, %v", i, job.ID, err)
		}
		if len(job.Inputs) < 2 || len(job.Inputs) > 6 || job.LatencyBudgetMS < 5 || job.LatencyBudgetMS > 80 {
			t.Fatalf("job %d out of range: %+v", i, job)
		}
	}
	// Shares 0.55, 0.45*0.75, 0.45*0.25; four standard deviations are at most 0.014.
	for kind, share := range map[string]float64{"PrimeCount": .55, "HashMix": .3375, "MonteCarloRisk": .1125} {
		if got := float64(counts[kind]) / n; got < share-.014 || got > share+.014 {
			t.Errorf("%s: share %.4f, want %.4f", kind, got, share)
		}
	}
	if mean := scaling / n; mean < .49 || mean > .51 {
		t.Errorf("mean scaling %.4f, want 0.5", mean)
	}
}

func TestPressureBurstIsLightThenHeavy(t *testing.T) {
	highest := map[string]uint64{"HashMix": 120_000, "PrimeCount": 80_000, "MonteCarloRisk": 250_000}
	jobs := workload.PressureBurst(5, 400, 300)
	if len(jobs) != 700 {
		t.Fatalf("%d jobs, want 700", len(jobs))
	}
	for i, job := range jobs {
		if job.ID != uint64(i) {
			t.Fatalf("job %d has id %d", i, job.ID)
		}
		if i < 400 && job.ComputeCost > highest[job.Kind] {
			t.Errorf("warm job %d (%s) costs %d", i, job.Kind, job.ComputeCost)
		}
		if i >= 400 && (job.ComputeCost < 80_000 || job.ComputeCost > 300_000) {
			t.Errorf("burst job %d costs %d", i, job.ComputeCost)
		}
	}
}

func TestAllAndJobsAreNext(t *testing.T) {
	byNext, byJobs, i := workload.New(9), workload.New(9).Jobs(50), 0
	for job := range workload.New(9).All() {
		if next := byNext.Next(); !reflect.DeepEqual(job, next) || !reflect.DeepEqual(job, byJobs[i]) {
			t.Fatalf("job %d: All %+v, Next %+v, Jobs %+v", i, job, next, byJobs[i])
		}
		if i++; i == len(byJobs) {
			break
		}
	}
	if len(workload.New(9).Jobs(-1)) != 0 {
		t.Error("a negative number of jobs is not none")
	}
}

func BenchmarkNext(b *testing.B) {
	g := workload.New(7)
	for b.Loop() {
		g.Next()
	}
}
