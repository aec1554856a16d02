package metrics_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix/metrics"
)

// program finds a program that .ci/tools provides.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%v: run .ci/tools and put its folder on the PATH", err)
	}
	if err != nil {
		t.Skipf("%v: .ci/tools DIR gets it", err)
	}
	return path
}

// TestPromtool has nothing to hear from "promtool check metrics" without the old names.
func TestPromtool(t *testing.T) {
	promtool := program(t, "promtool")
	r, _ := exercisedHandler(t, withoutLegacy, inFleet(crew(3)...))
	_, body := scrape(t, metrics.Handler(r, metrics.Reloads(func() (bool, time.Time) { return true, time.Unix(1, 0) })), acceptText)
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(body)
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

// TestPromtoolOnOldNames makes sure that promtool does complain where it should, and
// about the old names only.
func TestPromtoolOnOldNames(t *testing.T) {
	promtool := program(t, "promtool")
	_, body := scrape(t, metrics.Handler(newRouter(t, nil)), acceptText)
	cmd := exec.CommandContext(t.Context(), promtool, "check", "metrics")
	cmd.Stdin = strings.NewReader(body)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("promtool accepts helix_completed, a counter without _total")
	}
	for line := range strings.Lines(string(out)) {
		name, _, _ := strings.Cut(line, " ")
		switch {
		case name == "helix_completed", name == "helix_dropped", name == "helix_routed", strings.HasPrefix(name, "helix_latency_"), strings.HasPrefix(name, "helix_neural_"):
		default:
			t.Errorf("promtool: %s", line)
		}
	}
}
