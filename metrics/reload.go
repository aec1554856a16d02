package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	reloadSuccess = describe("helix_config_last_reload_success", "Whether the configuration file as it is now was taken, 1, or refused, 0.")
	reloadTime    = describe("helix_config_last_reload_success_timestamp_seconds", "When a configuration file was taken the last time, in Unix seconds.")
)

// reloads is a collector of what became of a configuration file.
type reloads func() (ok bool, succeeded time.Time)

// Reloads returns a collector for a program that reloads its configuration file, to be
// given to Handler. last must be safe for concurrent use.
func Reloads(last func() (ok bool, succeeded time.Time)) prometheus.Collector { return reloads(last) }

// Describe implements prometheus.Collector.
func (reloads) Describe(out chan<- *prometheus.Desc) {
	out <- reloadSuccess
	out <- reloadTime
}

// Collect implements prometheus.Collector.
func (last reloads) Collect(out chan<- prometheus.Metric) {
	ok, succeeded := last()
	value := 0.
	if ok {
		value = 1
	}
	to := sink(out)
	to.gauge(reloadSuccess, value)
	to.gauge(reloadTime, float64(succeeded.UnixMilli())/1e3)
}
