package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/helixrouter/helix"
)

const (
	// defaultDecisions fit on two screens.
	defaultDecisions = 100
	// maxDecisions is as many as the router keeps.
	maxDecisions = 1024
)

// decisions lists the recorded decisions, newest last.
func (a *API) decisions(w http.ResponseWriter, r *http.Request) error {
	n, err := wantedDecisions(r.URL.RawQuery)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, a.router.Decisions(n))
}

// wantedDecisions reads ?n=. A query that is not understood is refused, since who asks for
// something else would take the answer for it.
func wantedDecisions(query string) (int, error) {
	const what = "invalid query, nothing was read"
	values, err := url.ParseQuery(query)
	if err != nil {
		return 0, refused(what, oneFault("", "the query cannot be read: "+err.Error()))
	}
	given, present := values["n"]
	delete(values, "n")
	for name := range values {
		return 0, refused(what, oneFault(escapePointer(name), "is unknown: leave it out"))
	}
	if !present {
		return defaultDecisions, nil
	}
	n, err := strconv.Atoi(given[0])
	if err != nil || len(given) > 1 || n < 1 || n > maxDecisions {
		return 0, refused(what, oneFault("/n", "must be a whole number from 1 to 1024, given once"))
	}
	return n, nil
}

// decision explains one decision.
func (a *API) decision(w http.ResponseWriter, r *http.Request) error {
	seq, err := strconv.ParseUint(r.PathValue("seq"), 10, 64)
	if err != nil {
		return refused("invalid path, nothing was read", oneFault("/seq", "must be a whole number, such as the seq of a decision at /api/decisions"))
	}
	explanation, err := a.router.Explain(seq)
	if gone, ok := errors.AsType[*helix.NoDecisionError](err); ok {
		return newProblem(http.StatusNotFound, "%v", gone)
	}
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, explanation)
}
