package metrics_test

import (
	"strings"
	"testing"
	"time"

	"github.com/helixrouter/helix/metrics"
)

func TestReloads(t *testing.T) {
	ok := true
	h := metrics.Handler(newRouter(t, withoutLegacy), metrics.Reloads(func() (bool, time.Time) { return ok, time.UnixMilli(1_700_000_000_250) }))
	for _, want := range []string{"1", "0"} {
		_, body := scrape(t, h, acceptText)
		for _, line := range []string{
			"\nhelix_config_last_reload_success " + want + "\n",
			"\nhelix_config_last_reload_success_timestamp_seconds 1.70000000025e+09\n",
		} {
			if !strings.Contains(body, line) {
				t.Errorf("no %q", line)
			}
		}
		ok = false
	}
}
