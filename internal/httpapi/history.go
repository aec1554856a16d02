package httpapi

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// history answers what has happened in the last five minutes, second by second.
func (a *API) history(w http.ResponseWriter, r *http.Request) error {
	after, err := wantedAfter(r.URL.RawQuery)
	if err != nil {
		return err
	}
	return send(w, http.StatusOK, a.past.After(after))
}

// wantedAfter reads ?after=, a time of an earlier answer.
func wantedAfter(query string) (time.Time, error) {
	const what = "invalid query, nothing was read"
	values, err := url.ParseQuery(query)
	if err != nil {
		return time.Time{}, refused(what, oneFault("", "the query cannot be read: "+err.Error()))
	}
	given, present := values["after"]
	delete(values, "after")
	for name := range values {
		return time.Time{}, refused(what, oneFault(escapePointer(name), "is unknown: after is the only parameter"))
	}
	if !present {
		return time.Time{}, nil
	}
	const year10000 = 253402300800 // a later time does not fit into time.Time's methods
	seconds, err := strconv.ParseFloat(given[0], 64)
	if len(given) > 1 || err != nil || !(seconds >= 0 && seconds < year10000) {
		return time.Time{}, refused(what, oneFault("/after", "must be a time in Unix seconds, such as the last one of an earlier answer, given once"))
	}
	return time.UnixMilli(int64(math.Round(seconds * 1e3))), nil
}
