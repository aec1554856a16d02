package httpapi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// entry is one path of the API: the one table that the lookup, the 405 answers
// and the list at / are made of.
type entry struct {
	path    string // as a request has it, byte by byte; a last segment in braces, "{seq}", stands for any one
	about   string
	methods methods
}

// methods are the endpoints of one path by HTTP method. GET answers HEAD as well.
type methods map[string]endpoint

func (a *API) entries() []entry {
	entries := []entry{
		{"/", "the dashboard; this list for who does not ask for text/html", methods{"GET": a.index}},
		{"/health", "the process answers", methods{"GET": a.health}},
		{"/livez", "liveness: the process answers", methods{"GET": livez}},
		{"/readyz", "readiness: draining, saturated", methods{"GET": a.readyz}},
		{"/api/stats", "what was asked of the router and how it ended", methods{"GET": a.stats}},
		{"/api/neural", "what the learner knows, as the weights file has it", methods{"GET": a.neural}},
		{"/api/autoscaler", "the pool's width and what is recommended of it", methods{"GET": a.autoscaler}},
		{"/api/decisions", "the recorded decisions, newest last; ?n=100", methods{"GET": a.decisions}},
		{"/api/decisions/{seq}", "one of them, with its explanation", methods{"GET": a.decision}},
		{"/api/history", "the last five minutes, second by second; ?after=UNIX_SECONDS", methods{"GET": a.history}},
		{"/api/explanations", "the newest decisions, each with its explanation; ?n=16", methods{"GET": a.explanations}},
		{"/api/stream/decisions", "the decisions as they are made (server-sent events); ?kind= ?strategy= ?sample=0.1 ?last_event_id=", methods{"GET": a.stream}},
		{"/api/config", "the live configuration; PATCH merges, POST replaces, ?dry_run=true only checks", methods{"GET": a.getConfig, "POST": a.postConfig, "PATCH": a.patchConfig}},
		{"/api/telemetry", `tells of load elsewhere, {"pressure":0.75}`, methods{"POST": a.telemetry}},
		{"/api/jobs", "runs one job or an array of jobs", methods{"POST": a.jobs}},
		{"/api/simulate", `starts a burst of sample jobs, {"jobs":1000,"rate":200,"seed":7}`, methods{"POST": a.simulate}},
	}
	if a.page != nil {
		entries = append(entries, entry{"/assets/{name}", "what the dashboard is made of", methods{"GET": a.asset}})
	}
	if a.metrics != nil {
		entries = append(entries, entry{"/metrics", "for Prometheus", methods{"GET": a.serveMetrics}})
	}
	return entries
}

// paths finds the methods of a path. http.ServeMux would redirect what is not clean,
// //api/jobs for one, with a page in HTML that no client of ours reads.
type paths map[string]methods

func newPaths(entries []entry) paths {
	p := paths{}
	for _, e := range entries {
		p[e.path] = e.methods
	}
	return p
}

// find returns the methods of a path. What stands for the parameter of an entry is left in
// the request, as http.ServeMux would.
func (p paths) find(r *http.Request) (methods, bool) {
	path := r.URL.EscapedPath()
	if m, ok := p[path]; ok {
		return m, true
	}
	parent, value := path[:strings.LastIndex(path, "/")+1], path[strings.LastIndex(path, "/")+1:]
	for entry, m := range p {
		name, isParameter := strings.CutPrefix(entry, parent+"{")
		if isParameter && value != "" && strings.HasSuffix(name, "}") {
			r.SetPathValue(strings.TrimSuffix(name, "}"), value)
			return m, true
		}
	}
	return nil, false
}

// serve answers every path, the unknown ones with a problem too.
func (p paths) serve(w http.ResponseWriter, r *http.Request) error {
	m, known := p.find(r)
	if !known {
		return unknownPath(r)
	}
	return m.serve(w, r)
}

func (m methods) serve(w http.ResponseWriter, r *http.Request) error {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	serve, ok := m[method]
	if !ok {
		return newProblem(http.StatusMethodNotAllowed, "%s does not take this method: use one of %s", r.URL.EscapedPath(), m.allow()).
			with("Allow", m.allow())
	}
	return serve(w, r)
}

// allow lists the methods for people and for the Allow header.
func (m methods) allow() string {
	names := slices.Collect(maps.Keys(m))
	if m[http.MethodGet] != nil {
		names = append(names, http.MethodHead)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func unknownPath(r *http.Request) error {
	return newProblem(http.StatusNotFound, "nothing is at %s: GET / lists what there is", r.RequestURI)
}

// index shows browsers the dashboard, and lists the endpoints for everybody else.
func (a *API) index(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept")
	if a.page != nil && a.page.Wanted(r) {
		a.page.ServePage(w, r)
		return nil
	}
	var text strings.Builder
	text.WriteString("Helix router\n\n")
	for _, e := range a.entries() {
		fmt.Fprintf(&text, "%-18s %-21s %s\n", e.methods.allow(), e.path, e.about)
	}
	return sendText(w, "text/plain; charset=utf-8", http.StatusOK, []byte(text.String()))
}

func (a *API) asset(w http.ResponseWriter, r *http.Request) error {
	if !a.page.ServeAsset(w, r, r.PathValue("name")) {
		return unknownPath(r)
	}
	return nil
}

func (a *API) serveMetrics(w http.ResponseWriter, r *http.Request) error {
	a.metrics.ServeHTTP(w, r)
	return nil
}
