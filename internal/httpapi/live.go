package httpapi

import (
	"log/slog"
	"net/http"
	"time"
)

// silentAfter is when a process that gives no sign of life counts as dead: far beyond what
// any load costs a goroutine (0.5 s was seen at 50 times of what the cores can do), and
// below the half minute in which orchestrators restart.
const silentAfter = 10 * time.Second

// LiveServer returns a server for a listener of its own that answers /livez and nothing
// else: it shares no connection, no limit and no lock with the API. silence is how long
// the process that it speaks for has given no sign of life; after 10 s the answer is 503.
func LiveServer(silence func() time.Duration, log *slog.Logger) *http.Server {
	s := Server("", endpoint(func(w http.ResponseWriter, r *http.Request) error { return serveLive(w, r, silence()) }), log)
	s.ConnContext = nil
	s.WriteTimeout = headerTime // there is nothing to wait for
	return s
}

func serveLive(w http.ResponseWriter, r *http.Request, silence time.Duration) error {
	secure(w.Header())
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.URL.Path != "/livez":
		return newProblem(http.StatusNotFound, "nothing is at %s: this address has /livez alone", r.URL.EscapedPath())
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return newProblem(http.StatusMethodNotAllowed, "/livez does not take this method: use one of GET, HEAD").with("Allow", "GET, HEAD")
	case silence > silentAfter:
		return newProblem(http.StatusServiceUnavailable, "the process has given no sign of life for %.0f s: restart it", silence.Seconds())
	}
	return livez(w, r)
}
