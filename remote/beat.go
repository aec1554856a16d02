package remote

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix/internal/peer"
)

// beatEvery is how often a worker tells its load by itself: a peer is stale after ten that are missing.
const beatEvery = 200 * time.Millisecond

// beat tells the load at once and then five times a second.
func (w *Worker) beat() {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		w.publishLoad()
		select {
		case <-w.quit:
			return
		case <-ticker.C:
		}
	}
}

// report is the load of this moment, without jobs whose answers are being written.
func (w *Worker) report(answered int) peer.Report {
	l := w.router.LoadReport()
	w.mu.Lock()
	defer w.mu.Unlock()
	return peer.Report{
		InFlight: max(l.InFlight, w.running-answered), Backlog: l.Backlog, Lanes: float64(l.Lanes), Scarcity: l.Scarcity,
		Speed: w.speed, Draining: w.draining,
	}
}

func (w *Worker) publishLoad() {
	m := nats.NewMsg(w.conn.subject("load", w.conn.Node()))
	m.Header.Set(headerLoad, formatLoad(w.report(0)))
	session := w.introduce(m.Header)
	m.Data = []byte(strings.Join(w.router.CallableKinds(), "\n"))
	if err := w.conn.nc.PublishMsg(m); err != nil {
		if w.conn.Connected() {
			w.log.Debug("a heartbeat was not sent", slog.Any("error", err))
		}
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = max(w.told, session+1)
}

// introduce names the session, which is a start of the worker and a connection of it, and in the first heartbeat of one
// the jobs that it holds. Answers and jobs that were on their way when the last session ended are lost, and who waits
// for a job that is not held would wait for ever: nobody misses a worker that is back in no time.
func (w *Worker) introduce(h nats.Header) (session int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h.Set(headerSession, fmt.Sprint(w.start, ".", w.lives))
	if w.told <= w.lives {
		h.Set(headerHeld, strings.Join(slices.Collect(maps.Keys(w.jobs)), " "))
	}
	return w.lives
}

func (w *Worker) disconnected() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lives++
}
