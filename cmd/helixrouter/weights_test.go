package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/weights"
)

// teach makes the router know what it would after so many jobs.
func teach(t *testing.T, r *helix.Router, samples uint64) {
	t.Helper()
	s := r.NeuralSnapshot()
	s.SampleCount, s.AvgReward = samples, 0.5
	if err := r.RestoreNeural(s); err != nil {
		t.Fatal(err)
	}
}

// weightsFile writes what a learner knows after so many jobs.
func weightsFile(t *testing.T, samples uint64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.json")
	s := learn.New(learn.Guarded).Snapshot()
	s.SampleCount, s.AvgReward = samples, 0.5
	five := func(x float64) []float64 { return []float64{x, x, x, x, 0} }
	s.Kinds[0] = learn.KindSnapshot{Name: "PrimeCount", Samples: samples, Intercepts: five(0.25), Evidence: five(9), Variances: five(0)}
	if err := weights.Save(path, s); err != nil {
		t.Fatal(err)
	}
	return path
}

// samplesIn is how many the file has, 0 when there is none.
func samplesIn(t *testing.T, path string) uint64 {
	t.Helper()
	s, err := weights.Load(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return s.SampleCount
}

func beside(t *testing.T, path string) []string {
	t.Helper()
	found, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// waitFor waits for a condition that another goroutine or process makes true.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestWeightsAreKept goes through a life of a daemon, and the next.
func TestWeightsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.json")
	args := []string{"--sim-jobs=0", "--log-level=debug", "--weights=" + path, "--weights-interval=10ms"}
	d, errs := opened(t, nil, args...)
	d.keeper.start()
	d.doors.serve(d.served)
	teach(t, d.router, 1000)
	waitFor(t, "a save now and then", func() bool { return samplesIn(t, path) == 1000 })
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // several intervals in which nothing is learned
	if after, err := os.Stat(path); err != nil || !os.SameFile(before, after) {
		t.Errorf("it was written again, with nothing new: %v", err)
	}
	teach(t, d.router, 2000)
	if err := d.drain("test", nil); err != nil {
		t.Error(err)
	}
	if n := samplesIn(t, path); n != 2000 || len(beside(t, path)) != 1 {
		t.Errorf("%d samples were saved, want 2000: %q", n, beside(t, path))
	}
	if text := errs.String(); !strings.Contains(text, `level=DEBUG msg="no weights to load`) || strings.Contains(text, "WARN") {
		t.Errorf("a missing file is no news:\n%s", text)
	}
	next, errs := opened(t, nil, args...)
	if n := next.router.NeuralSnapshot().SampleCount; n != 2000 || !strings.Contains(errs.String(), "weights loaded") {
		t.Errorf("%d samples after the start, want 2000:\n%s", n, errs)
	}
	if next.keeper.saved != 2000 {
		t.Errorf("what was loaded counts as new: %d", next.keeper.saved)
	}
}

// TestWeightsOff touches nothing.
func TestWeightsOff(t *testing.T) {
	path := weightsFile(t, 500)
	for _, args := range [][]string{{"--weights="}, {"--weights=" + path, "--learner=off"}} {
		d, errs := opened(t, []string{"HELIX_WEIGHTS_PATH=" + path}, args...)
		d.keeper.start()
		teach(t, d.router, 900)
		d.keeper.close()
		if n := samplesIn(t, path); n != 500 || strings.Contains(errs.String(), "weights") {
			t.Errorf("%q: %d samples in the file, want the old 500:\n%s", args, n, errs)
		}
	}
}

// TestUselessWeights: each is told with its reason, kept aside, and no obstacle.
func TestUselessWeights(t *testing.T) {
	good, err := os.ReadFile(weightsFile(t, 700))
	if err != nil {
		t.Fatal(err)
	}
	for reason, text := range map[string]string{
		"truncated": string(good[:len(good)/2]),
		"corrupt":   "\x00\x00\x00",
		"foreign":   `{"name":"helix"}`,
		"newer":     strings.Replace(string(good), `"version":1`, `"version":2`, 1),
		"invalid":   strings.Replace(string(good), `"avg_reward":0.5`, `"avg_reward":-7`, 1),
		"too_large": string(good) + strings.Repeat(" ", 5<<20),
	} {
		path := write(t, "w.json", text)
		d, errs := opened(t, nil, "--weights="+path)
		kept, _ := filepath.Glob(path + "." + reason + "-*")
		if len(kept) != 1 || len(beside(t, path)) != 1 {
			t.Errorf("%s: want it kept aside, there are %q", reason, beside(t, path))
		} else if was, err := os.ReadFile(kept[0]); err != nil || string(was) != text {
			t.Errorf("%s: what is kept is not what was there: %v", reason, err)
		}
		if log := errs.String(); strings.Count(log, "level=WARN") != 1 || !strings.Contains(log, "reason="+reason+" ") {
			t.Errorf("%s: the log is\n%s", reason, log)
		}
		if n := d.router.NeuralSnapshot().SampleCount; n != 0 {
			t.Errorf("%s: %d samples of a fresh start", reason, n)
		}
		d.keeper.start()
		teach(t, d.router, 3)
		d.keeper.close()
		if n := samplesIn(t, path); n != 3 {
			t.Errorf("%s: %d samples were saved in its place, want 3", reason, n)
		}
	}
}

// TestNamesThatTheRouterRefuses: Load believes such a file, and the router does not.
func TestNamesThatTheRouterRefuses(t *testing.T) {
	text, err := os.ReadFile(weightsFile(t, 700))
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "w.json", strings.Replace(string(text), "PrimeCount", `Prime\nCount`, 1))
	d, errs := opened(t, nil, "--weights="+path)
	kept, _ := filepath.Glob(path + ".invalid-*")
	if len(kept) != 1 || d.router.NeuralSnapshot().SampleCount != 0 || !strings.Contains(errs.String(), "reason=invalid") {
		t.Errorf("%q\n%s", beside(t, path), errs)
	}
}

// TestUnreadableWeights: what cannot be read is not written over either.
func TestUnreadableWeights(t *testing.T) {
	path := t.TempDir()
	d, errs := opened(t, nil, "--weights="+path, "--weights-interval=1ms")
	d.keeper.start()
	teach(t, d.router, 3)
	d.keeper.close()
	if log := errs.String(); strings.Count(log, "WARN") != 1 || !strings.Contains(log, "not a regular file") {
		t.Errorf("the log is\n%s", log)
	}
	if about, err := os.Stat(path); err != nil || !about.IsDir() {
		t.Errorf("it was written over: %v", err)
	}
}

// TestUnwritableWeights warns once, and tells when it goes again.
func TestUnwritableWeights(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "later")
	path := filepath.Join(folder, "w.json")
	d, errs := opened(t, nil, "--weights="+path)
	for n := range uint64(5) {
		teach(t, d.router, n+1)
		d.keeper.save()
	}
	if log := errs.String(); strings.Count(log, "level=WARN msg=\"the weights cannot be saved") != 1 {
		t.Errorf("want one warning:\n%s", log)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	d.keeper.save()
	if log := errs.String(); samplesIn(t, path) != 5 || !strings.Contains(log, "can be saved again") {
		t.Errorf("%d samples\n%s", samplesIn(t, path), log)
	}
}

// TestWeightsOfARouterAreShown: what was loaded is what the API shows.
func TestWeightsOfARouterAreShown(t *testing.T) {
	d, _ := opened(t, nil, "--weights="+weightsFile(t, 700))
	answer := httptest.NewRecorder()
	d.doors.api.Handler.ServeHTTP(answer, httptest.NewRequest("GET", "http://localhost/api/neural", nil))
	var s helix.NeuralSnapshot
	if err := json.Unmarshal(answer.Body.Bytes(), &s); err != nil || s.SampleCount != 700 || len(s.Kinds) != 1 {
		t.Errorf("%v %s", err, answer.Body)
	}
}

// neural asks a process what it knows.
func (p *process) neural() (s helix.NeuralSnapshot) {
	p.t.Helper()
	code, text := p.get("/api/neural")
	if err := json.Unmarshal([]byte(text), &s); err != nil || code != 200 {
		p.t.Fatalf("%d %v %s", code, err, text)
	}
	return s
}

// TestWeightsSurviveSignals ends a process in both ways: what it knew at the start is
// never lost, and what it learned is there after SIGTERM.
func TestWeightsSurviveSignals(t *testing.T) {
	path := weightsFile(t, 700)
	p := start(t, []string{"HELIX_WEIGHTS_PATH=" + path, "HELIX_SIM_JOBS=50"}).serving()
	if n := p.neural().SampleCount; n < 700 {
		t.Errorf("%d samples, want the 700 of the file", n)
	}
	p.signal(syscall.SIGKILL)
	p.end(-1)
	if n := samplesIn(t, path); n != 700 {
		t.Errorf("%d samples after SIGKILL within the first minute, want 700", n)
	}
	p = start(t, nil, "--weights", path, "--sim-jobs", "50").serving()
	knew := p.neural().SampleCount
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	if n := samplesIn(t, path); n < knew || n < 700 || len(beside(t, path)) != 1 {
		t.Errorf("%d samples after SIGTERM, want at least %d: %q", n, knew, beside(t, path))
	}
}

// TestWeightsOfAllJobs: what 200 jobs teach a fresh process is in its folder after SIGTERM.
func TestWeightsOfAllJobs(t *testing.T) {
	p := start(t, nil).serving()
	knew := p.neural().SampleCount
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	path := filepath.Join(p.cmd.Dir, "helix_weights.json")
	if n := samplesIn(t, path); n < knew {
		t.Errorf("%d samples in the file, want at least the %d that it knew", n, knew)
	}
	if _, err := os.Stat(path); knew == 0 && !os.IsNotExist(err) {
		t.Errorf("nothing was learned, and there is a file: %v", err)
	}
	if knew == 0 {
		t.Skip("this router does not teach its learner: only loading and keeping are tested")
	}
}

// teacher makes TestTeacher a process: it is the path of the weights.
const teacher = "HELIX_TEST_TEACHER"

// TestTeacher is no test: it is a daemon whose router learns all the time, until it is killed.
func TestTeacher(t *testing.T) {
	path := os.Getenv(teacher)
	if path == "" {
		t.Skip("TestKilledWhileItSaves runs this as a process")
	}
	d, _ := opened(t, nil, "--weights="+path, "--weights-interval=1ms")
	d.keeper.start()
	const longest = 20 * time.Second // should nobody kill it
	n := d.router.NeuralSnapshot().SampleCount
	for end := time.Now().Add(longest); time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
		n++
		teach(t, d.router, n)
	}
}

// TestKilledWhileItSaves kills a daemon that saves as fast as it can, at moments that
// differ: the file is always whole, and never older than what was seen in it.
func TestKilledWhileItSaves(t *testing.T) {
	if testing.Short() {
		t.Skip("runs processes and kills them")
	}
	path := filepath.Join(t.TempDir(), "w.json")
	var knew uint64
	for round := range 8 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTeacher$", "-test.short")
		cmd.Env = append(os.Environ(), teacher+"="+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "a save", func() bool { return samplesIn(t, path) > knew })
		time.Sleep(time.Duration(round) * 1300 * time.Microsecond)
		seen := samplesIn(t, path)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		if knew = samplesIn(t, path); knew < seen {
			t.Errorf("round %d: %d samples in the file, %d were there before", round, knew, seen)
		}
	}
	p := start(t, nil, "--weights", path, "--sim-jobs", "0").serving()
	if n := p.neural().SampleCount; n != knew {
		t.Errorf("%d samples after the restart, want %d", n, knew)
	}
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	for _, name := range beside(t, path) {
		if name != path && !strings.Contains(name, ".unfinished-") {
			t.Errorf("%s lies about", name)
		}
	}
}

// TestDiskThatHangs: the end of the daemon does not wait for it for ever.
func TestDiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		k := &keeper{
			log:  slog.New(slog.NewTextHandler(&errs, nil)),
			stop: make(chan struct{}), done: make(chan struct{}), // of a goroutine that never ends
		}
		begun := time.Now()
		k.close()
		if took := time.Since(begun); took != lastSaveMost || !strings.Contains(errs.String(), "not saved in time") {
			t.Errorf("it took %v:\n%s", took, &errs)
		}
	})
}
