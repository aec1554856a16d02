package httpapi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/helixrouter/helix/internal/history"
)

// health answers what clients of the original compare byte by byte.
func (a *API) health(w http.ResponseWriter, _ *http.Request) error {
	return send(w, http.StatusOK, healthAnswer{"ok", int64(a.now().Sub(a.began) / time.Second)})
}

type healthAnswer struct {
	Status string `json:"status"`
	Uptime int64  `json:"uptime_secs"`
}

type aliveAnswer struct {
	Status string `json:"status"`
}

// livez looks at nothing: whatever could make it wait would get a busy process killed.
func livez(w http.ResponseWriter, _ *http.Request) error {
	return send(w, http.StatusOK, aliveAnswer{"ok"})
}

// readiness says whether to send work here.
type readiness struct {
	Status string   `json:"status"` // "ready", or the first check that failed
	Checks []check  `json:"checks"`
	Notes  []string `json:"notes,omitempty"`
}

type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// readyz takes no lock that jobs take.
func (a *API) readyz(w http.ResponseWriter, _ *http.Request) error {
	answer := readiness{Status: "ready", Checks: []check{a.drainCheck(), a.queueCheck()}, Notes: a.notes()}
	status := http.StatusOK
	for _, c := range answer.Checks {
		if !c.OK {
			status, answer.Status = http.StatusServiceUnavailable, c.Name
			break
		}
	}
	return send(w, status, answer)
}

func (a *API) drainCheck() check {
	if a.draining.Load() {
		return check{"draining", false, "the server is shutting down: send work elsewhere"}
	}
	return check{"draining", true, "the server stays"}
}

const (
	// refusedFor is how many seconds nearly all jobs must have been refused, as long as a full
	// queue must last.
	refusedFor = int(saturatedAfter / history.Period)
	// nearlyAll of the jobs: at twenty times of what the cores can do. A replica that sheds half
	// still does all that it can.
	nearlyAll = 0.95
)

// queueCheck looks at both ways to be full: a queue that has no room, and a door or gate that
// is closed while the queue has.
func (a *API) queueCheck() check {
	pool := a.router.Pool()
	full, refused := a.queue.fullFor(), a.past.Refused(refusedFor)
	return check{"saturated", full < saturatedAfter && refused < nearlyAll,
		fmt.Sprintf("%d of %d places in the queue are taken, full for %.0f s; at least %.0f %% of the jobs were refused in each of the last %d s",
			pool.Queued, pool.QueueCap, full.Seconds(), 100*refused, refusedFor)}
}
