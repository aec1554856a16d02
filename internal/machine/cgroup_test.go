package machine_test

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/machine"
)

// tree is a mount point of control groups, by file, and what the process is told
// of its own under "self".
type tree map[string]string

func (files tree) write(t *testing.T, dir string) machine.Paths {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return machine.Paths{Cgroup: dir, Self: filepath.Join(dir, "self")}
}

func reader(t *testing.T, files tree) *machine.Reader {
	t.Helper()
	r := machine.New(files.write(t, t.TempDir()))
	t.Cleanup(r.Close)
	return r
}

func TestTheTightestQuotaCounts(t *testing.T) {
	const v2, v1 = "0::/a/b\n", "4:memory:/x\n3:cpu,cpuacct:/a/b\n"
	for name, c := range map[string]struct {
		files tree
		want  float64
	}{
		"v2":                           {tree{"self": v2, "a/b/cpu.max": "150000 100000\n"}, 1.5},
		"v2, no limit":                 {tree{"self": v2, "a/b/cpu.max": "max 100000\n"}, -1},
		"v2, a parent has less":        {tree{"self": v2, "a/b/cpu.max": "400000 100000\n", "a/cpu.max": "50000 100000\n"}, 0.5},
		"v2, a parent has more":        {tree{"self": v2, "a/b/cpu.max": "50000 100000\n", "a/cpu.max": "400000 100000\n"}, 0.5},
		"v2, only a parent limits":     {tree{"self": v2, "a/b/cpu.max": "max 100000\n", "a/cpu.max": "200000 100000\n"}, 2},
		"v2, an odd period":            {tree{"self": v2, "a/b/cpu.max": "10000 40000\n"}, 0.25},
		"v2, the path is the host's":   {tree{"self": "0::/docker/0123\n", "cpu.max": "300000 100000\n"}, 3},
		"v2, the path leads out":       {tree{"self": "0::/../../a\n", "a/cpu.max": "300000 100000\n"}, 3},
		"v2, own namespace":            {tree{"self": "0::/\n", "cpu.max": "300000 100000\n"}, 3},
		"v2, nothing about self":       {tree{"cpu.max": "300000 100000\n"}, 3},
		"hybrid, in the unified tree":  {tree{"self": v2, "unified/a/b/cpu.max": "150000 100000\n"}, 1.5},
		"v1":                           {tree{"self": v1, "cpu,cpuacct/a/b/cpu.cfs_quota_us": "150000\n", "cpu,cpuacct/a/b/cpu.cfs_period_us": "100000\n"}, 1.5},
		"v1, named by the controller":  {tree{"self": v1, "cpu/a/b/cpu.cfs_quota_us": "150000\n", "cpu/a/b/cpu.cfs_period_us": "100000\n"}, 1.5},
		"v1, no limit":                 {tree{"self": v1, "cpu/a/b/cpu.cfs_quota_us": "-1\n", "cpu/a/b/cpu.cfs_period_us": "100000\n"}, -1},
		"v1, no period":                {tree{"self": v1, "cpu/a/b/cpu.cfs_quota_us": "150000\n"}, -1},
		"v1, a parent has less":        {tree{"self": v1, "cpu/a/b/cpu.cfs_quota_us": "-1\n", "cpu/a/b/cpu.cfs_period_us": "100000\n", "cpu/a/cpu.cfs_quota_us": "20000\n", "cpu/a/cpu.cfs_period_us": "100000\n"}, 0.2},
		"v1 and v2":                    {tree{"self": v1 + v2, "cpu/a/b/cpu.cfs_quota_us": "150000\n", "cpu/a/b/cpu.cfs_period_us": "100000\n", "unified/a/cpu.max": "max 100000\n"}, 1.5},
		"nothing at all":               {tree{}, -1},
		"garbage":                      {tree{"self": "\x00:::\n0\n0::/a/b", "a/b/cpu.max": "99999999999999999999 -3\n", "a/cpu.max": "", "cpu.max": "1e5 lots\n"}, -1},
		"no time at all":               {tree{"self": v2, "a/b/cpu.max": "0 0\n"}, -1},
		"a period of nothing":          {tree{"self": v2, "a/b/cpu.max": "100000 0\n"}, -1},
		"a quota without a period":     {tree{"self": v2, "a/b/cpu.max": "100000\n"}, -1},
		"more cores than there can be": {tree{"self": v2, "a/b/cpu.max": "18446744073709551600 1\n"}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			r := reader(t, c.files)
			got := r.Read(time.Hour)
			cores := float64(runtime.GOMAXPROCS(0))
			if c.want > 0 {
				cores = min(cores, c.want)
			}
			if got.Quota != c.want || got.Cores != cores || r.Cores() != cores {
				t.Errorf("quota %g and %g cores, want %g and %g", got.Quota, got.Cores, c.want, cores)
			}
		})
	}
}

func TestAQuotaIsFollowed(t *testing.T) {
	dir := t.TempDir()
	r := machine.New(tree{"self": "0::/\n", "cpu.max": "100000 100000\n"}.write(t, dir))
	defer r.Close()
	now := time.Hour
	r.Read(now)
	tree{"cpu.max": "25000 100000\n"}.write(t, dir)
	if got := r.Read(now + 999*time.Millisecond).Quota; got != 1 {
		t.Errorf("%g within a second, want 1 still", got)
	}
	if got := r.Read(now + time.Second).Quota; got != 0.25 {
		t.Errorf("%g after a second, want 0.25", got)
	}
	if err := os.Remove(filepath.Join(dir, "cpu.max")); err != nil {
		t.Fatal(err)
	}
	r.Read(now + 2*time.Second) // a group that is gone must not bring the process down
}

func TestThrottlingIsOfTheLastSecond(t *testing.T) {
	dir := t.TempDir()
	r := machine.New(tree{
		"self": "0::/a\n", "cpu.max": "max 100000\n", "cpu.stat": "usage_usec 7\n",
		"a/cpu.max": "100000 100000\n", "a/cpu.stat": "usage_usec 1\nnr_periods 100\nnr_throttled 40\nthrottled_usec 1000000\n",
	}.write(t, dir))
	defer r.Close()
	now := time.Hour
	expect := func(share, rate float64) {
		t.Helper()
		got := r.Read(now)
		if math.Abs(got.Throttled-share) > 1e-9 || math.Abs(got.Stalled-rate) > 1e-9 {
			t.Errorf("throttled %g, stalled %g, want %g and %g", got.Throttled, got.Stalled, share, rate)
		}
		now += time.Second
	}
	expect(-1, -1)
	expect(0, 0)
	tree{"a/cpu.stat": "usage_usec 1\nnr_periods 110\nnr_throttled 43\nthrottled_usec 1500000\n"}.write(t, dir)
	expect(0.3, 0.5)
	expect(0, 0)
	tree{"a/cpu.stat": "nr_periods 1\nnr_throttled 1\nthrottled_usec 1\n"}.write(t, dir) // begun anew
	expect(-1, -1)
	tree{"a/cpu.stat": "nr_periods lots\n"}.write(t, dir)
	expect(-1, -1)
}

func TestThrottlingOfVersion1IsInNanoseconds(t *testing.T) {
	dir := t.TempDir()
	r := machine.New(tree{
		"self": "1:cpu:/\n", "cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000",
		"cpu/cpu.stat": "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n",
	}.write(t, dir))
	defer r.Close()
	r.Read(time.Hour)
	tree{"cpu/cpu.stat": "nr_periods 10\nnr_throttled 5\nthrottled_time 250000000\n"}.write(t, dir)
	if got := r.Read(time.Hour + time.Second); got.Throttled != 0.5 || got.Stalled != 0.25 {
		t.Errorf("throttled %g, stalled %g, want 0.5 and 0.25", got.Throttled, got.Stalled)
	}
}
