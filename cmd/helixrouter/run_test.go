package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/helixrouter/helix"
)

// invoke runs the program here.
func invoke(ctx context.Context, environ []string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, environ, &out, &errs)
	return code, out.String(), errs.String()
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRefusals lists what ends the program before it does anything.
func TestRefusals(t *testing.T) {
	bad := write(t, "c.yaml", "ema_alpha: 2\nno: 1\ncpu_parallelism: '8'\n")
	empty := write(t, "token", "\n")
	const job = `{"id":1,"kind":%q,"inputs":[],"compute_cost":1,"scaling_potential":0,"latency_budget_ms":0}`
	unknown := write(t, "u", fmt.Sprintf("\n"+job+"\n \n"+job, "HashMix", "Nope"))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		args, environ string
		code          int
		want          []string // lines of stderr, their beginnings
	}{
		{"--prot 1", "", exitUsage, []string{"helixrouter: unknown flag: --prot", "helixrouter --help says"}},
		{"srve", "", exitUsage, []string{`helixrouter: unknown command "srve"`, "", "Did you mean this?", "\tserve", "helixrouter --help says"}},
		{"config shw", "", exitUsage, []string{`helixrouter: unknown command "shw"`, "helixrouter config --help says"}},
		{"config", "", exitUsage, []string{"helixrouter: helixrouter config needs a command: show, check or push", "helixrouter config --help says"}},
		{"completion", "", exitUsage, []string{"helixrouter: helixrouter completion needs a command: bash", "helixrouter completion --help says"}},
		{"completion nope", "", exitUsage, []string{`helixrouter: unknown command "nope"`, "helixrouter completion --help says"}},
		{"config check", "", exitUsage, []string{"helixrouter: accepts 1 arg(s), received 0", "helixrouter config check --help says"}},
		{"--port 65536", "", exitUsage, []string{`helixrouter: invalid argument "65536" for "--port" flag: must be a whole number from 0 to 65535`, "helixrouter --help"}},
		{"--addr 8080", "", exitUsage, []string{`helixrouter: invalid argument "8080" for "--addr" flag: must be host:port`, "helixrouter --help"}},
		{"--drain-timeout 0s", "", exitUsage, []string{`helixrouter: invalid argument "0s" for "--drain-timeout" flag: must be a duration`, "helixrouter --help"}},
		{"--log-level loud", "", exitUsage, []string{`helixrouter: invalid argument "loud" for "--log-level" flag: must be debug, info`, "helixrouter --help"}},
		{"--log-format xml", "", exitUsage, []string{`helixrouter: invalid argument "xml" for "--log-format" flag: must be text or json`, "helixrouter --help"}},
		{"--allow-host ,", "", exitUsage, []string{`helixrouter: invalid argument "," for "--allow-host" flag: must be host names`, "helixrouter --help"}},
		{"", "HELIX_SIM_JOBS=-1", exitUsage, []string{"helixrouter: HELIX_SIM_JOBS=-1 must be a whole number"}},
		{"", "HELIX_HTTP_ADDR=:http", exitUsage, []string{"helixrouter: HELIX_HTTP_ADDR=:http must end in a port"}},
		{"", "HELIX_LOG=helixrouter=debug", exitUsage, []string{"helixrouter: HELIX_LOG=helixrouter=debug must be debug"}},
		{"--cpu-parallelism 8.0", "", exitUsage, []string{`helixrouter: invalid argument "8.0" for "--cpu-parallelism" flag: must be a whole number`, "helixrouter --help"}},
		{"--ema-alpha 2", "", exitUsage, []string{"helixrouter: --ema-alpha: ema_alpha = 2 must be above 0"}},
		{"--token-file " + empty, "", exitUsage, []string{"helixrouter: --token-file: "}},
		{"--trace /nowhere", "", exitUsage, []string{"helixrouter: --trace /nowhere: no such file"}},
		{"--trace " + t.TempDir(), "", exitUsage, []string{"helixrouter: --trace /"}},
		{"--trace /dev/null", "", exitUsage, []string{"helixrouter: --trace /dev/null: not a regular file"}},
		{"--trace " + unknown, "", exitUsage, []string{"helixrouter: --trace " + unknown + `: trace line 4: the kind "Nope" is not registered: use one of HashMix, MonteCarloRisk, PrimeCount`}},
		{"--trace " + write(t, "t", "{}\n"), "", exitUsage, []string{"helixrouter: --trace "}},
		{"--config " + bad, "HELIX_BATCH_MAX_SIZE=0", exitConfig, []string{
			"helixrouter: the configuration is invalid:",
			bad + ":2: no is unknown", bad + ":3: cpu_parallelism = 8 must be", "HELIX_BATCH_MAX_SIZE: batch_max_size = 0 must be", bad + ":1: ema_alpha = 2 must be",
		}},
		{"config show", "HELIX_CONFIG_PATH=" + bad, exitConfig, []string{"helixrouter: the configuration is invalid:", bad + ":2", bad + ":3", bad + ":1"}},
		{"config check " + bad, "HELIX_EMA_ALPHA=0.5", exitConfig, []string{"helixrouter: the configuration is invalid:", bad + ":2", bad + ":3", bad + ":1"}},
		{"config check /nowhere", "", exitConfig, []string{"helixrouter: the configuration is invalid:", "/nowhere: cannot be read: no such file"}},
		{"--addr " + taken.Addr().String(), "", exitFailure, []string{
			"helixrouter: " + taken.Addr().String() + " is in use: stop what listens there, or pick another port with --port N",
		}},
	}
	for _, tt := range tests {
		code, out, errs := invoke(t.Context(), []string{tt.environ}, strings.Fields(tt.args)...)
		lines := strings.Split(strings.TrimSuffix(errs, "\n"), "\n")
		if code != tt.code || out != "" || len(lines) != len(tt.want) {
			t.Errorf("%s %q: code %d, stdout %q, stderr:\n%s\nwant code %d and %d lines", tt.environ, tt.args, code, out, errs, tt.code, len(tt.want))
			continue
		}
		for i, want := range tt.want {
			if !strings.HasPrefix(lines[i], want) {
				t.Errorf("%s %q: line %q, want %q", tt.environ, tt.args, lines[i], want)
			}
		}
	}
}

// TestAnswers lists the commands that print and end.
func TestAnswers(t *testing.T) {
	good := write(t, "c.json", `{"cpu_parallelism": 3, "ema_alpha": 0.5}`)
	environ := []string{"HELIX_EMA_ALPHA=0.25", "HELIX_CONFIG_PATH=" + good}
	for args, want := range map[string][]string{
		"version":              {"helixrouter ", runtime.Version(), "commit "},
		"version --json":       {`"version":`, `"commit":`},
		"config check " + good: {good + " is valid\n"},
		"config show":          {"cpu_parallelism: 3\n", "ema_alpha: 0.25\n", "policy: \"adaptive\"\n"},
		"config show --origin --batch-max-size 9": {
			"cpu_parallelism: 3                       # file:" + good, "ema_alpha: 0.25                          # env:HELIX_EMA_ALPHA",
			"batch_max_size: 9                        # flag:--batch-max-size", "inline_threshold: 8000                   # default",
		},
		"config show --json":          {`"cpu_parallelism": 3`, `"ema_alpha": 0.25`},
		"config show --origin --json": {`"origin": "env:HELIX_EMA_ALPHA"`},
		"config --help":               {"helixrouter config [command]", "show", "check"},
		"completion --help":           {"bash", "zsh"},
		"--help":                      {"Exit codes:", "HELIX_SIM_JOBS", "--cpu-parallelism", "HELIX_WEIGHTS_PATH", "--weights file"},
		"completion bash":             {"__start_helixrouter"},
		"completion zsh":              {"#compdef helixrouter"},
		"completion fish":             {"complete -c helixrouter"},
		"completion powershell":       {"Register-ArgumentCompleter"},
	} {
		code, out, errs := invoke(t.Context(), environ, strings.Fields(args)...)
		if code != exitOK || errs != "" {
			t.Errorf("%s: code %d, stderr %q", args, code, errs)
		}
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %q in\n%s", args, w, out)
			}
		}
		if strings.HasSuffix(args, "--json") && !json.Valid([]byte(out)) {
			t.Errorf("%s is not JSON:\n%s", args, out)
		}
	}
}

// TestShownConfigIsAFile reads back what "config show --origin" prints.
func TestShownConfigIsAFile(t *testing.T) {
	_, shown, _ := invoke(t.Context(), nil, "config", "show", "--origin", "--cpu-parallelism=2")
	path := write(t, "c.yaml", shown)
	if _, again, errs := invoke(t.Context(), nil, "config", "show", "--config", path); errs != "" || !strings.Contains(again, "cpu_parallelism: 2\n") {
		t.Errorf("%s%s", again, errs)
	}
}

// opened is a daemon that listens and does not serve yet. It keeps no weights, unless
// an argument names a file.
func opened(t *testing.T, environ []string, args ...string) (*daemon, *bytes.Buffer) {
	t.Helper()
	var errs bytes.Buffer
	p := program{environ, &bytes.Buffer{}, &errs}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	s := p.daemonFlags(flags)
	if err := errors.Join(flags.Parse(append([]string{"--port=0", "--weights="}, args...)), s.read(flags, environ)); err != nil {
		t.Fatal(err)
	}
	d, err := p.open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.doors.listen.Close() })
	return d, &errs
}

// TestLeftovers drains around a job that ignores its context.
func TestLeftovers(t *testing.T) {
	d, _ := opened(t, nil, "--drain-timeout=20ms")
	started, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	go helix.Do(t.Context(), d.router, // on the pool: a context that cannot end would run it on this goroutine
		helix.Hint{Kind: "stubborn"}, func(context.Context) (int, error) {
			close(started)
			<-release
			return 0, nil
		})
	<-started
	err := d.drain("test", nil)
	var exit *exitError
	if !errors.As(err, &exit) || exit.code != exitLeftovers {
		t.Fatalf("got %v, want exit code %d", err, exitLeftovers)
	}
	if !strings.HasPrefix(err.Error(), "1 jobs outlived the drain timeout of 20ms:\n  stubborn on ") {
		t.Errorf("got %v", err)
	}
}

func TestNotes(t *testing.T) {
	secret := write(t, "token", "secret\n")
	for name, tt := range map[string]struct {
		environ, args []string
		want, not     string
	}{
		"loopback":          {nil, []string{"--addr=127.0.0.1:1"}, "level=INFO msg=listening", "WARN"},
		"everywhere":        {nil, []string{"--addr=0.0.0.0:1"}, "level=WARN msg=\"reachable from beyond", ""},
		"with a token":      {[]string{"HELIX_TOKEN=x"}, []string{"--addr=0.0.0.0:1"}, "the token travels in the clear", "reachable from beyond"},
		"with a token file": {nil, []string{"--addr=:1", "--token-file", secret}, "the token travels in the clear", "reachable from beyond"},
		"RUST_LOG":          {[]string{"RUST_LOG=trace"}, nil, "the log level is RUST_LOG's", ""},
		"RUST_LOG's filter": {[]string{"RUST_LOG=helixrouter=debug,warn"}, nil, "listening", "RUST_LOG"},
		"HELIX_LOG first":   {[]string{"RUST_LOG=debug", "HELIX_LOG=info"}, nil, "listening", "RUST_LOG"},
		"flag first":        {[]string{"HELIX_LOG=info", "RUST_LOG=info"}, []string{"--log-level=error"}, "", "listening"},
	} {
		d, errs := opened(t, tt.environ, tt.args...)
		d.note()
		if text := errs.String(); !strings.Contains(text, tt.want) || tt.not != "" && strings.Contains(text, tt.not) {
			t.Errorf("%s: want %q and not %q in\n%s", name, tt.want, tt.not, text)
		}
		if strings.Contains(errs.String(), "secret") {
			t.Errorf("%s: the token is logged", name)
		}
	}
}

// TestAllowedHosts: a name is refused as Host unless it is allowed (DNS rebinding).
func TestAllowedHosts(t *testing.T) {
	d, _ := opened(t, []string{"HELIX_HOSTS=helix.example, other.example"})
	for host, want := range map[string]int{"helix.example": 200, "other.example:80": 200, "evil.example": 403} {
		answer := httptest.NewRecorder()
		request := httptest.NewRequest("GET", "/health", nil)
		request.Host = host
		d.doors.api.Handler.ServeHTTP(answer, request)
		if answer.Code != want {
			t.Errorf("%s: %d, want %d", host, answer.Code, want)
		}
	}
}

// TestContextDrains: the end of the context is as good as a signal.
func TestContextDrains(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	code, out, errs := invoke(ctx, []string{"HELIX_HTTP_ADDR=localhost:0", "HELIX_SIM_JOBS=30", "HELIX_SIM_SEED=11"}, "--weights=")
	wantEnds(t, out, 30)
	if code != exitOK || !strings.Contains(out, "serving on http://127.0.0.1:") {
		t.Errorf("code %d\n%s%s", code, out, errs)
	}
}

func TestPaced(t *testing.T) {
	processors := runtime.GOMAXPROCS(0)
	for threshold, want := range map[int]int{1: 1, 2: 1, 3: min(2, processors), 1000: processors} {
		c := helix.DefaultConfig()
		c.BackpressureBusyThreshold = threshold
		if got := paced(c); got != want {
			t.Errorf("threshold %d: %d in flight, want %d", threshold, got, want)
		}
	}
}

func TestSummaryTellsOtherEnds(t *testing.T) {
	o := outcome{limit: 3, elapsed: 1500 * time.Millisecond}
	o.Completed, o.Shed, o.Expired, o.Failed, o.Panicked = 1, 2, 3, 4, 5
	var b bytes.Buffer
	newSummary(o, helix.Stats{
		AdaptiveSpawnThreshold: 66000,
		Strategies:             []helix.StrategyStats{{Strategy: helix.Drop, Count: 2}, {Strategy: helix.Batch, Count: 12345}},
	}, "").print(&b)
	const want = `completed: 1  dropped: 2
expired: 3  failed: 9
adaptive_spawn_threshold: 66000   pressure: 0.00
elapsed: 1.500 s   paced: at most 3 jobs in flight, so that the busy gate stays open

strategy    jobs   p95
batch       12345   -
drop           2   -

`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// TestURLCanBeOpened: nobody can browse to an address that means all of them.
func TestURLCanBeOpened(t *testing.T) {
	for addr, want := range map[string]string{"0.0.0.0:1": "http://127.0.0.1:", ":1": "http://127.0.0.1:", "[::]:1": "http://127.0.0.1:", "127.0.0.1:1": "http://127.0.0.1:"} {
		d, _ := opened(t, nil, "--addr="+addr)
		if got := d.url(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

// TestFirstFailureIsLogged: a number of failed jobs alone helps nobody.
func TestFirstFailureIsLogged(t *testing.T) {
	d, errs := opened(t, nil)
	var o outcome
	o.Failed, o.Panicked, o.FirstFailure = 2, 1, errors.New("no luck")
	d.report(o)
	if text := errs.String(); !strings.Contains(text, `failed=3 first_failure="no luck"`) {
		t.Errorf("the log is\n%s", text)
	}
}
