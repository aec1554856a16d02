package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/stream"
)

// fullRetry is when to come back to a server with too many streams: readers come and go
// by the minute.
const fullRetry = 10 * time.Second

// stream sends the decisions as they are made, as server-sent events.
func (a *API) stream(w http.ResponseWriter, r *http.Request) error {
	filter, from, err := a.wantedStream(r)
	if err != nil {
		return err
	}
	if r.Method == http.MethodHead { // which has no body to wait for
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		return nil
	}
	narrow(r.Context())
	switch err := a.streams.Serve(r.Context(), w, filter, from); {
	case errors.Is(err, stream.ErrFull):
		return newProblem(http.StatusServiceUnavailable, "%v: close one, or come again later", err).retry(fullRetry)
	case errors.Is(err, stream.ErrClosed):
		return newProblem(http.StatusServiceUnavailable, "%v: the server is shutting down", err).retry(closedRetry)
	default:
		return err
	}
}

// wantedStream reads the query and Last-Event-ID, strictly: who asks for something else
// would take what comes for it. Of a number given twice the header counts, since a
// browser that comes back repeats its old query.
func (a *API) wantedStream(r *http.Request) (f stream.Filter, from stream.Resume, err error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return f, from, refused(nothingStreamed, oneFault("", "the query cannot be read: "+err.Error()))
	}
	var found faults
	f.Kinds = wantedKinds(q["kind"], a.router.Kinds(), &found)
	f.Strategies = wantedStrategies(q["strategy"], &found)
	f.Sample = wantedSample(q["sample"], &found)
	from = wantedResume(r.Header.Values("Last-Event-ID"), q["last_event_id"], &found)
	for _, name := range []string{"kind", "strategy", "sample", "last_event_id"} {
		delete(q, name)
	}
	for name := range q {
		found.add(escapePointer(name), "is unknown: the parameters are kind, strategy, sample and last_event_id")
	}
	if len(found.list) > 0 {
		return f, from, refused(nothingStreamed, found)
	}
	return f, from, nil
}

const nothingStreamed = "invalid query, nothing was sent"

// listed splits lists that may be repeated: ?kind=a,b&kind=c.
func listed(given []string) []string { return strings.Split(strings.Join(given, ","), ",") }

func wantedKinds(given, known []string, found *faults) map[string]bool {
	if len(given) == 0 {
		return nil
	}
	wanted := map[string]bool{}
	for _, name := range listed(given) {
		if _, ok := slices.BinarySearch(known, name); !ok {
			found.add("/kind", unknownKind(known))
			break
		}
		wanted[name] = true
	}
	return wanted
}

func wantedStrategies(given []string, found *faults) map[helix.Strategy]bool {
	if len(given) == 0 {
		return nil
	}
	wanted := map[helix.Strategy]bool{}
	for _, name := range listed(given) {
		var s helix.Strategy
		if err := s.UnmarshalText([]byte(name)); err != nil {
			found.add("/strategy", "has an "+err.Error())
			break
		}
		wanted[s] = true
	}
	return wanted
}

func wantedSample(given []string, found *faults) float64 {
	if len(given) == 0 {
		return 0
	}
	share, err := strconv.ParseFloat(given[0], 64)
	if len(given) > 1 || err != nil || !(share > 0 && share <= 1) {
		found.add("/sample", "must be a number above 0, at most 1, given once")
	}
	if share == 1 {
		return 0 // all
	}
	return share
}

func wantedResume(header, query []string, found *faults) stream.Resume {
	given, pointer := query, "/last_event_id"
	if len(header) > 0 {
		given, pointer = header, "/Last-Event-ID"
	}
	if len(given) == 0 {
		return stream.Resume{}
	}
	seq, err := strconv.ParseUint(given[0], 10, 64)
	if len(given) > 1 || err != nil {
		found.add(pointer, "must be a whole number, the id of an event, given once")
	}
	return stream.Resume{Given: true, After: seq}
}
