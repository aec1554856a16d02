package httpapi

import (
	"log/slog"
	"net/http"
)

// LiveServer returns a server for a listener of its own that answers /livez and nothing
// else: it shares no connection, no limit and no lock with the API, so that neither its
// clients nor a firewall rule for them keep a probe out.
func LiveServer(log *slog.Logger) *http.Server {
	s := Server("", endpoint(serveLive), log)
	s.ConnContext = nil
	s.WriteTimeout = headerTime // there is nothing to wait for
	return s
}

func serveLive(w http.ResponseWriter, r *http.Request) error {
	secure(w.Header())
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.URL.Path != "/livez":
		return newProblem(http.StatusNotFound, "nothing is at %s: this address has /livez alone", r.URL.EscapedPath())
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return newProblem(http.StatusMethodNotAllowed, "/livez does not take this method: use one of GET, HEAD").with("Allow", "GET, HEAD")
	}
	return livez(w, r)
}
