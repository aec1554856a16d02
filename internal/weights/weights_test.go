package weights_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/weights"
)

// learned is what a learner could know: no number is a round one.
func learned(samples uint64) helix.NeuralSnapshot {
	s := learn.New(learn.Guarded).Snapshot()
	s.SampleCount, s.Explored, s.IsWarmedUp = samples, 17, true
	s.AvgReward, s.RewardVariance = 1.0/3, 2.0/7
	s.PerStrategyCounts[helix.Spawn] = 1<<53 + 1 // a float64 would lose the 1
	for i := range s.Weights[helix.Batch] {
		s.Weights[helix.Batch][i] = 1 / float64(3+i)
	}
	s.Guard = learn.GuardSnapshot{Budget: 0.1 + 0.2, Permitted: true, Fallbacks: 2, Loss: 1e-9, BaseLoss: 0.3}
	some := []float64{0.1, -0.2, 1e-300, 0.4, 0}
	s.Kinds[3] = learn.KindSnapshot{
		Name: "HashMix", Samples: 99, Error: -0.01, Intercepts: some, Evidence: []float64{1, 2, 3, 4, 0},
		Variances: []float64{0.1, 0.2, 0.3, 0.4, 0}, Budget: -1.5,
	}
	return s
}

func pathIn(t *testing.T) string { return filepath.Join(t.TempDir(), "helix_weights.json") }

func save(t *testing.T, path string, s helix.NeuralSnapshot) {
	t.Helper()
	if err := weights.Save(path, s); err != nil {
		t.Fatal(err)
	}
}

// names lists the folder of a path.
func names(t *testing.T, path string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	path := pathIn(t)
	for n := range 3 {
		want := learned(uint64(n))
		save(t, path, want)
		got, err := weights.Load(path)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
		}
	}
	if all := names(t, path); len(all) != 1 {
		t.Errorf("%q lie about", all)
	}
}

// TestAnswerOfTheAPILoads: what a router says of itself is a file.
func TestAnswerOfTheAPILoads(t *testing.T) {
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(t.Context())
	if err := r.RestoreNeural(learned(5)); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(r.NeuralSnapshot(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := weights.Load(written(t, string(text))); err != nil || s.SampleCount != 5 {
		t.Errorf("%v %+v", err, s)
	}
}

// TestFullRouterFits: the most that a learner can know is far below the bound.
func TestFullRouterFits(t *testing.T) {
	s := learned(math.MaxUint64)
	for i := range uint32(learn.MaxKinds) {
		k := s.Kinds[3]
		k.Name = fmt.Sprintf("%0128d", i)
		for _, row := range []*[]float64{&k.Intercepts, &k.Evidence, &k.Variances} {
			*row = []float64{1.0 / 3, 1.0 / 7, 1.0 / 11, 1.0 / 13, 0}
		}
		s.Kinds[i] = k
	}
	path := pathIn(t)
	save(t, path, s)
	if _, err := weights.Load(path); err != nil {
		t.Error(err)
	}
	if about, err := os.Stat(path); err != nil || about.Size() > 200_000 {
		t.Errorf("%v, %d bytes", err, about.Size())
	}
}

func TestMissing(t *testing.T) {
	if _, err := weights.Load(pathIn(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func written(t *testing.T, text string) string {
	t.Helper()
	path := pathIn(t)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFaults lists files that are of no use, each a good one with a change.
func TestFaults(t *testing.T) {
	bytes, err := json.Marshal(learned(12345))
	if err != nil {
		t.Fatal(err)
	}
	good := string(bytes)
	with := func(old, now string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in %s", old, good)
		}
		return strings.Replace(good, old, now, 1)
	}
	_, kind, _ := strings.Cut(good, `"kinds":{"3":`)
	kind = strings.TrimSuffix(kind, "}}") // of the kinds, and of all
	for _, c := range []struct {
		name, text string
		reason     weights.Reason
	}{
		{"empty", "", weights.Truncated},
		{"blank", " \n", weights.Truncated},
		{"half", good[:len(good)/2], weights.Truncated},
		{"all but the end", good[:len(good)-1], weights.Truncated},
		{"zeros", strings.Repeat("\x00", 4096), weights.Corrupt},
		{"noise", "\x7fELF\x02\x01", weights.Corrupt},
		{"twice", good + good, weights.Corrupt},
		{"broken within", with(`"kinds"`, `"kinds`), weights.Corrupt},
		{"NaN", with("0.3333333333333333", "NaN"), weights.Corrupt},
		{"infinite", with("0.3333333333333333", "Infinity"), weights.Corrupt},
		{"deep", strings.Repeat("[", 20000), weights.Corrupt},
		{"array", "[1,2,3]", weights.Foreign},
		{"null", "null", weights.Foreign},
		{"object", "{}", weights.Foreign},
		{"package.json", `{"name":"x","version":"1.0.0"}`, weights.Foreign},
		{"compose file", `{"version":3,"services":{}}`, weights.Foreign},
		{"the original's", `{"weights":[[1,2],[3,4]],"sample_count":7,"epsilon":0.1}`, weights.Foreign},
		{"version 0", with(`"version":1`, `"version":0`), weights.Foreign},
		{"version 1.5", with(`"version":1`, `"version":1.5`), weights.Foreign},
		{"newer", with(`"version":1`, `"version":2`), weights.Newer},
		{"newer, otherwise unknown", `{"version":9,"sample_count":"?","weights":{"a":1}}`, weights.Newer},
		{"beyond float64", with("0.3333333333333333", "1e999"), weights.Invalid},
		{"out of range", with("0.3333333333333333", "1.01"), weights.Invalid},
		{"weight out of range", with("0.14285714285714285", "1e6"), weights.Invalid},
		{"count below 0", with("12345", "-1"), weights.Invalid},
		{"count with a fraction", with("12345", "1.5"), weights.Invalid},
		{"unknown strategy", with(`"cpu_pool":0`, `"gpu_pool":0`), weights.Invalid},
		{"unknown mode", with(`"guarded"`, `"wild"`), weights.Invalid},
		{"fewer features", with(`"bias",`, ""), weights.Invalid},
		{"fewer rows", with(`"weights":[`, `"weights":[],"x":[`), weights.Invalid},
		{"kind out of range", with(`"3":{"name"`, `"256":{"name"`), weights.Invalid},
		{"kind without a name", with(`"name":"HashMix",`, ""), weights.Invalid},
		{"two kinds of one name", with(`"kinds":{"3":`, `"kinds":{"4":`+kind+`,"3":`), weights.Invalid},
		{"too large", good + strings.Repeat(" ", 4<<20), weights.TooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := written(t, c.text)
			_, err := weights.Load(path)
			var fault *weights.FaultError
			if !errors.As(err, &fault) || fault.Reason != c.reason || fault.Path != path || !strings.HasPrefix(err.Error(), path+": "+string(c.reason)+": ") {
				t.Errorf("got %v, want %s", err, c.reason)
			}
			if text, err := os.ReadFile(path); err != nil || string(text) != c.text {
				t.Error("Load touched the file")
			}
		})
	}
	if _, err := weights.Load(written(t, good+" \n")); err != nil {
		t.Errorf("the unchanged one: %v", err)
	}
}

// TestNotAFile is about what is there and must be left alone.
func TestNotAFile(t *testing.T) {
	for _, path := range []string{t.TempDir(), os.DevNull} {
		_, err := weights.Load(path)
		var fault *weights.FaultError
		if err == nil || errors.As(err, &fault) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load %s: %v", path, err)
		}
		if err := weights.Save(path, learned(1)); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("Save %s: %v", path, err)
		}
	}
}

// TestSaveFails leaves the old file, and nothing else.
func TestSaveFails(t *testing.T) {
	path := pathIn(t)
	save(t, path, learned(1))
	bad := learned(2)
	bad.AvgReward /= 0 * bad.AvgReward // infinite, which is no JSON
	if err := weights.Save(path, bad); err == nil {
		t.Error("it saved an infinite number")
	}
	if s, err := weights.Load(path); err != nil || s.SampleCount != 1 {
		t.Errorf("%v %+v", err, s)
	}
	if all := names(t, path); len(all) != 1 {
		t.Errorf("%q lie about", all)
	}
	if err := weights.Save(filepath.Join(path, "below"), bad); err == nil {
		t.Error("it saved below a file")
	}
	if err := weights.Save(filepath.Join(t.TempDir(), "none", "w.json"), learned(1)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

func TestSymbolicLink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights there")
	}
	path, link := pathIn(t), filepath.Join(t.TempDir(), "link")
	save(t, path, learned(1))
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	save(t, link, learned(2))
	if s, err := weights.Load(path); err != nil || s.SampleCount != 2 {
		t.Errorf("%v %+v", err, s)
	}
	if about, err := os.Lstat(link); err != nil || about.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
}

// TestSetAside keeps five and does not touch what only looks alike.
func TestSetAside(t *testing.T) {
	path := pathIn(t)
	for _, ending := range []string{".bak", ".corrupt-yesterday", ".mine-20260102T150405.000000000Z", ".unfinished-x"} {
		if err := os.WriteFile(path+ending, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	reason := []weights.Reason{weights.Truncated, weights.Corrupt, weights.Newer}
	for i := range 8 {
		if err := os.WriteFile(path, fmt.Append(nil, i), 0o600); err != nil {
			t.Fatal(err)
		}
		kept, err := weights.SetAside(path, reason[i%3], begin.Add(time.Duration(i)*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		if text, err := os.ReadFile(kept); err != nil || string(text) != fmt.Sprint(i) {
			t.Errorf("%s has %q, %v", kept, text, err)
		}
	}
	const want = "[helix_weights.json.bak helix_weights.json.corrupt-20260102T030409.000000006Z" +
		" helix_weights.json.corrupt-20260102T030412.000000006Z helix_weights.json.corrupt-yesterday" +
		" helix_weights.json.mine-20260102T150405.000000000Z helix_weights.json.newer-20260102T030410.000000006Z" +
		" helix_weights.json.truncated-20260102T030408.000000006Z helix_weights.json.truncated-20260102T030411.000000006Z" +
		" helix_weights.json.unfinished-x]"
	if got := fmt.Sprint(names(t, path)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := weights.SetAside(path, weights.Corrupt, begin); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestSweep(t *testing.T) {
	path := pathIn(t)
	save(t, path, learned(1))
	for _, ending := range []string{".unfinished-123", ".unfinished-", ".unfinished-1a", ".bak"} {
		if err := os.WriteFile(path+ending, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := weights.Sweep(path, time.Now()); err != nil || len(names(t, path)) != 5 {
		t.Errorf("a new file may have a process: %v %q", err, names(t, path))
	}
	if err := weights.Sweep(path, time.Now().Add(2*time.Minute)); err != nil || len(names(t, path)) != 4 {
		t.Errorf("%v %q", err, names(t, path))
	}
	if _, err := os.Stat(path + ".unfinished-123"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}
