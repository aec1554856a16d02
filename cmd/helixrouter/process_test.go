package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"flag"
)

// binary is the program, built once for all tests of this file.
var binary string

// screenshots is where the pictures of the documentation go.
var screenshots = flag.String("screenshots", "", "renew the pictures of the dashboard in this `folder`")

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "helixrouter")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "helixrouter")
	if text, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%s", text)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// process is one run of the program.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  chan string // of stdout
	url    string      // once it serves
	stdout bytes.Buffer

	mu     sync.Mutex
	stderr bytes.Buffer // guarded by mu
}

// Write collects stderr.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.Write(b)
}

func (p *process) errors() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stderr.String()
}

// start runs the program, on a free port if it is told none, in a folder of its own.
func start(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("runs a process and sends it signals")
	}
	if !slices.Contains(args, "--port") {
		args = append(slices.Clip(args), "--port", "0")
	}
	p := &process{t: t, cmd: exec.Command(binary, args...), lines: make(chan string, 100)}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append([]string{"PATH=/bin"}, environ...)
	p.cmd.Stderr = p
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill() })
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
		close(p.lines)
	}()
	return p
}

// until reads stdout up to the line that begins so.
func (p *process) until(prefix string) string {
	p.t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			fmt.Fprintln(&p.stdout, line)
			if strings.HasPrefix(line, prefix) {
				return line
			}
			if !ok {
				p.t.Fatalf("it ended without %q:\n%s%s", prefix, p.stdout.String(), p.errors())
			}
		case <-timeout:
			p.t.Fatalf("no %q in 10 s:\n%s%s", prefix, p.stdout.String(), p.errors())
		}
	}
}

// serving waits for the line that says where.
func (p *process) serving() *process {
	p.t.Helper()
	p.url = strings.TrimPrefix(p.until("serving on "), "serving on ")
	return p
}

// logged waits for a text on stderr.
func (p *process) logged(text string) {
	p.t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(p.errors(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("no %q on stderr:\n%s", text, p.errors())
		}
	}
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the exit and wants a code.
func (p *process) end(code int) {
	p.t.Helper()
	for line := range p.lines {
		fmt.Fprintln(&p.stdout, line)
	}
	p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit code %d, want %d:\n%s%s", got, code, p.stdout.String(), p.errors())
	}
}

func (p *process) get(path string) (int, string) {
	p.t.Helper()
	answer, err := http.Get(p.url + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// wantEnds wants a summary of that many jobs, none of them dropped or failed. On a machine
// that is busy with something else a budget of 5 ms may expire; that is no fault.
func wantEnds(t *testing.T, text string, jobs int) {
	t.Helper()
	var completed, expired int
	_, rest, _ := strings.Cut("\n"+text, "\ncompleted: ")
	fmt.Sscanf(rest, "%d  dropped: 0\nexpired: %d", &completed, &expired)
	if completed+expired != jobs || expired > jobs/10 || strings.Contains(rest, "failed:") || strings.Contains(rest, "canceled:") {
		t.Errorf("want %d jobs completed, none dropped:\n%s", jobs, text)
	}
}

// goldenSplit is how the documented table splits the 200 jobs of seed 7.
var goldenSplit = []string{
	"strategy    jobs   p95", "inline        12   ", "spawn         97   ", "cpu_pool      56   ", "batch         35   ",
}

func TestMainJob(t *testing.T) {
	p := start(t, nil).serving()
	text := p.stdout.String()
	for _, want := range append([]string{"adaptive_spawn_threshold: 60000   pressure: 0.", "paced: at most "}, goldenSplit...) {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	wantEnds(t, text, 200)
	if code, body := p.get("/health"); code != 200 || !strings.Contains(body, `"status":"ok"`) {
		t.Errorf("/health: %d %s", code, body)
	}
	if code, body := p.get("/metrics"); code != 200 || !strings.Contains(body, "\nhelix_dropped 0\n") {
		t.Errorf("/metrics: %d %s", code, body)
	}
	if text := p.errors(); strings.Contains(text, "\x1b") || strings.Contains(text, "startup workload") {
		t.Errorf("a progress bar without a terminal:\n%s", text)
	}
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	if text := p.errors(); !strings.Contains(text, "draining") || !strings.Contains(text, "submitted=200") {
		t.Errorf("the drain is not told:\n%s", text)
	}
}

func TestNoStartupWorkload(t *testing.T) {
	p := start(t, []string{"HELIX_SIM_JOBS=0"}, "serve").serving()
	if text := p.stdout.String(); strings.Contains(text, "completed") {
		t.Errorf("a summary of nothing:\n%s", text)
	}
	p.signal(os.Interrupt)
	p.end(exitOK)
}

func TestJSONSummary(t *testing.T) {
	p := start(t, nil, "--json", "--sim-jobs", "20", "--log-format", "json", "--log-level", "debug")
	var got summary
	if err := json.Unmarshal([]byte(p.until("{")), &got); err != nil {
		t.Fatal(err)
	}
	if got.Completed+got.Expired != 20 || got.Dropped != 0 || got.URL == "" || len(got.Strategies) == 0 || got.ElapsedSeconds <= 0 {
		t.Errorf("%+v", got)
	}
	p.url = got.URL
	if code, _ := p.get("/readyz"); code != 200 {
		t.Errorf("/readyz: %d", code)
	}
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	if lines := strings.Count(p.stdout.String(), "\n"); lines != 1 {
		t.Errorf("%d lines on stdout, want the summary alone:\n%s", lines, p.stdout.String())
	}
	for line := range strings.Lines(p.errors()) {
		var event struct {
			Time time.Time
			Msg  string
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil || event.Msg == "" || event.Time.Location() != time.UTC {
			t.Errorf("not an event in UTC: %s", line)
		}
	}
}

// trace writes two jobs, the second at a time.
func trace(t *testing.T, seconds float64) string {
	t.Helper()
	const job = `{"id":%d,"kind":"HashMix","inputs":[1],"compute_cost":%d,"scaling_potential":0.1,"latency_budget_ms":0,"at_seconds":%g}` + "\n"
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	if err := os.WriteFile(path, fmt.Appendf(nil, job+job, 1, 100, 0.0, 2, 100, seconds), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTraceKeepsItsTimes(t *testing.T) {
	begun := time.Now()
	p := start(t, nil, "--trace", trace(t, 0.3)).serving()
	if took := time.Since(begun); took < 300*time.Millisecond {
		t.Errorf("replayed in %v, want at least 300ms", took)
	}
	if text := p.stdout.String(); !strings.Contains(text, "completed: 2  dropped: 0") {
		t.Errorf("the summary is\n%s", text)
	}
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
}

// TestSignalDuringStartup sends the signal while the trace waits for its next job.
func TestSignalDuringStartup(t *testing.T) {
	p := start(t, nil, "--trace", trace(t, 3600))
	p.logged("listening")
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	if text := p.stdout.String(); !strings.Contains(text, "completed: ") || strings.Contains(text, "serving on") {
		t.Errorf("want the summary of what ran, and no invitation:\n%s", text)
	}
}

// TestSecondSignal holds the drain open with a request that never ends.
func TestSecondSignal(t *testing.T) {
	p := start(t, nil, "--sim-jobs", "0").serving()
	c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[")
	time.Sleep(100 * time.Millisecond) // until the server has read the header: Shutdown does not wait for less
	p.signal(syscall.SIGTERM)
	p.logged("draining")
	p.signal(os.Interrupt)
	p.end(exitFailure)
	if !strings.Contains(p.errors(), "stopped at once by a second signal (interrupt): 0 jobs were in flight") {
		t.Errorf("stderr:\n%s", p.errors())
	}
}

// TestDrainTimeout: a client that never ends its request cannot hold the process.
func TestDrainTimeout(t *testing.T) {
	p := start(t, []string{"HELIX_DRAIN_TIMEOUT=200ms"}, "--sim-jobs", "0").serving()
	c, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[")
	time.Sleep(100 * time.Millisecond)
	begun := time.Now()
	p.signal(syscall.SIGTERM)
	p.end(exitOK)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the drain took %v", took)
	}
	p.logged("connections were cut")
}
