package httpapi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/helixrouter/helix/internal/openapi"
)

// entry is one path of the API: the one table that the lookup, the 405 answers, the list
// at / and the description at /openapi.json are made of.
type entry struct {
	path    string // as a request has it, byte by byte; a last segment in braces, "{seq}", stands for any one
	about   string
	methods methods
}

// methods are the operations of one path by HTTP method. GET answers HEAD as well.
type methods map[string]operation

// operation is one method of one path: what runs, and what is said of it.
type operation struct {
	run endpoint
	openapi.Operation
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
	o, ok := m[method]
	if !ok {
		return newProblem(http.StatusMethodNotAllowed, "%s does not take this method: use one of %s", r.URL.EscapedPath(), m.allow()).
			with("Allow", m.allow())
	}
	return o.run(w, r)
}

// allow lists the methods for people and for the Allow header.
func (m methods) allow() string {
	names := slices.Collect(maps.Keys(m))
	if _, ok := m[http.MethodGet]; ok {
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
