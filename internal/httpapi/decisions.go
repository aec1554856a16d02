package httpapi

import (
	"errors"
	"fmt"
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
	// defaultExplanations fit on a screen.
	defaultExplanations = 16
	// maxExplanations keeps an answer below some 150 kB.
	maxExplanations = 64
)

// decisions lists the recorded decisions, newest last.
func (a *API) decisions(w http.ResponseWriter, r *http.Request) error {
	n, err := wantedNumber(r.URL.RawQuery, defaultDecisions, maxDecisions)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, a.router.Decisions(n))
}

// explanations lists the newest recorded decisions with their explanations, newest last.
// Under load the ring turns over within milliseconds: who lists the decisions first and
// then asks for one of them finds it gone.
func (a *API) explanations(w http.ResponseWriter, r *http.Request) error {
	n, err := wantedNumber(r.URL.RawQuery, defaultExplanations, maxExplanations)
	if err != nil {
		return err
	}
	explained := make([]helix.Explanation, 0, n)
	for _, d := range a.router.Decisions(n) {
		e, err := a.router.Explain(d.Seq)
		if _, gone := errors.AsType[*helix.NoDecisionError](err); gone {
			continue // overwritten meanwhile: those after it are still there
		}
		if err != nil {
			return err
		}
		explained = append(explained, e)
	}
	return send(w, http.StatusOK, explained)
}

// wantedNumber reads ?n=. A query that is not understood is refused, since who asks for
// something else would take the answer for it.
func wantedNumber(query string, preset, most int) (int, error) {
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
		return preset, nil
	}
	n, err := strconv.Atoi(given[0])
	if err != nil || len(given) > 1 || n < 1 || n > most {
		return 0, refused(what, oneFault("/n", fmt.Sprintf("must be a whole number from 1 to %d, given once", most)))
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
