package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// configured starts a daemon on a configuration file.
func configured(t *testing.T, text string, args ...string) (p *process, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "c.json")
	putFile(t, path, text)
	return start(t, []string{"HELIX_CONFIG_PATH=" + path, "HELIX_SIM_JOBS=0", "HELIX_BATCH_MAX_SIZE=5"}, args...).serving(), path
}

func putFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// body asks for a path and returns status and text.
func (p *process) body(path string) (int, string) {
	p.t.Helper()
	got, err := http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return got.StatusCode, string(text)
}

func (p *process) config() (c map[string]any) {
	p.t.Helper()
	if _, text := p.body("/api/config"); json.Unmarshal([]byte(text), &c) != nil {
		p.t.Fatal(text)
	}
	return c
}

// live wants a field to have a value within the second that is promised.
func (p *process) live(field string, want any) {
	p.t.Helper()
	for end := time.Now().Add(time.Second); p.config()[field] != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s is %v and not %v after a second:\n%s", field, p.config()[field], want, p.errors())
		}
	}
}

func TestTheFileIsFollowed(t *testing.T) {
	p, path := configured(t, `{"ema_alpha": 0.5, "batch_max_size": 9}`, "--cpu-queue-cap", "100")
	p.live("ema_alpha", 0.5)
	p.live("batch_max_size", 5.) // the environment comes first
	putFile(t, path, `{"ema_alpha": 0.25, "batch_max_size": 8, "cpu_queue_cap": 200}`)
	p.live("ema_alpha", 0.25)
	if c := p.config(); c["batch_max_size"] != 5. || c["cpu_queue_cap"] != 100. {
		t.Errorf("flag and environment come first: %v", c)
	}
	putFile(t, path+".new", `{"ema_alpha": 0.75}`)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	p.live("ema_alpha", 0.75)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	p.logged("refused")
	if a := p.config()["ema_alpha"]; a != 0.75 {
		t.Errorf("a missing file makes it %v", a)
	}
	putFile(t, path, `{"ema_alpha": 0.125}`)
	p.live("ema_alpha", 0.125)
	putFile(t, path, `{}`)
	p.live("ema_alpha", 0.15) // the default
}

func TestASwappedLinkIsFollowed(t *testing.T) {
	dir := t.TempDir()
	swap := func(version, text string) {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		putFile(t, filepath.Join(dir, version, "c.yaml"), text)
		if err := os.Symlink(version, filepath.Join(dir, "tmp")); err != nil {
			t.Skip(err)
		}
		if err := os.Rename(filepath.Join(dir, "tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	swap("..1", "ema_alpha: 0.5")
	if err := os.Symlink("..data/c.yaml", filepath.Join(dir, "c.yaml")); err != nil {
		t.Skip(err)
	}
	p := start(t, []string{"HELIX_SIM_JOBS=0"}, "--config", filepath.Join(dir, "c.yaml")).serving()
	p.live("ema_alpha", 0.5)
	swap("..2", "ema_alpha: 0.25")
	p.live("ema_alpha", 0.25)
}

func TestAnInvalidFileChangesNothingAndIsLoud(t *testing.T) {
	p, path := configured(t, `{"ema_alpha": 0.5}`)
	metric := func(name string) string {
		_, text := p.body("/metrics")
		for line := range strings.Lines(text) {
			if value, ok := strings.CutPrefix(line, name+" "); ok {
				return strings.TrimSpace(value)
			}
		}
		return "nothing"
	}
	if v := metric("helix_config_last_reload_success"); v != "1" {
		t.Errorf("at the start: %s", v)
	}
	began := time.Now()
	putFile(t, path, `{"ema_alpha": 7, "cpu_parallelism": "8"}`)
	p.logged("refused")
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v to say so", took)
	}
	for _, part := range []string{"level=ERROR", "ema_alpha = 7", "cpu_parallelism = 8 must be a whole number"} {
		if !strings.Contains(p.errors(), part) {
			t.Errorf("the log lacks %q:\n%s", part, p.errors())
		}
	}
	if v := metric("helix_config_last_reload_success"); v != "0" {
		t.Errorf("the metric is %s", v)
	}
	if status, text := p.body("/readyz"); status != 200 || !strings.Contains(text, `"notes":["the configuration file was refused`) || !strings.Contains(text, "ema_alpha = 7") {
		t.Errorf("%d %s", status, text)
	}
	if a := p.config()["ema_alpha"]; a != 0.5 {
		t.Errorf("it is %v", a)
	}
	p.signal(syscall.SIGHUP) // the same faults, told already
	putFile(t, path, `{"ema_alpha": 0.25}`)
	p.live("ema_alpha", 0.25)
	if _, text := p.body("/readyz"); strings.Contains(text, "notes") || metric("helix_config_last_reload_success") != "1" {
		t.Errorf("after the correction: %s, %s", text, metric("helix_config_last_reload_success"))
	}
	if n := strings.Count(p.errors(), "refused"); n != 1 {
		t.Errorf("one set of faults made %d lines:\n%s", n, p.errors())
	}
}

// A file that is half written when it is looked at is no fault.
func TestAHalfWrittenFileIsWaitedFor(t *testing.T) {
	p, path := configured(t, `{"ema_alpha": 0.5}`)
	putFile(t, path, `{"ema_alpha": 0.2`)
	time.Sleep(100 * time.Millisecond)
	putFile(t, path, `{"ema_alpha": 0.25}`)
	p.live("ema_alpha", 0.25)
	if strings.Contains(p.errors(), "refused") {
		t.Errorf("half a file was told:\n%s", p.errors())
	}
}

func TestAReloadOverwritesWhatWasPatched(t *testing.T) {
	p, _ := configured(t, `{"ema_alpha": 0.5}`)
	q, err := http.NewRequest(http.MethodPatch, p.url+"/api/config", strings.NewReader(`{"ema_alpha": 0.75, "adaptive_step": 0.5}`))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	if got, err := http.DefaultClient.Do(q); err != nil || got.StatusCode != 200 {
		t.Fatal(got, err)
	}
	p.live("adaptive_step", 0.5)
	p.signal(syscall.SIGHUP)
	p.live("ema_alpha", 0.5)
	p.live("adaptive_step", 0.1)
	p.signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, p.errors())
	}
}

func TestHangupWithoutAFileIsNoEnd(t *testing.T) {
	p := start(t, []string{"HELIX_SIM_JOBS=0"}).serving()
	p.signal(syscall.SIGHUP)
	p.logged("no configuration file to reload")
	if status, _ := p.body("/livez"); status != 200 {
		t.Error(fmt.Sprint(status))
	}
}
