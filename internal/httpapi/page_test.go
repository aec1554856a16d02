package httpapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// samplePage has one asset, and is wanted by who names text/html.
type samplePage struct{}

func (samplePage) Wanted(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

func (samplePage) ServePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = io.WriteString(w, "the page")
}

func (samplePage) ServeAsset(w http.ResponseWriter, _ *http.Request, name string) bool {
	if name != "app.js" {
		return false
	}
	_, _ = io.WriteString(w, "the script")
	return true
}

func TestBrowsersGetThePage(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{Page: samplePage{}})
	for accept, want := range map[string]string{
		"text/html,*/*;q=0.8": "the page",
		"*/*":                 "Helix router\n",
		"":                    "Helix router\n",
	} {
		a := r.call(t, "GET", "/", "", "Accept: "+accept)
		if a.status != 200 || !strings.HasPrefix(a.body, want) || a.header.Get("Vary") != "Accept" {
			t.Errorf("Accept %q: %d %q, Vary %q; want %q", accept, a.status, a.body, a.header.Get("Vary"), want)
		}
	}
	if a := r.call(t, "GET", "/assets/app.js", ""); a.status != 200 || a.body != "the script" {
		t.Errorf("the asset: %+v", a)
	}
	problemOf(t, r.call(t, "GET", "/assets/nope.js", ""), 404, "/assets/nope.js")
	problemOf(t, r.call(t, "POST", "/assets/app.js", ""), 405, "/assets/app.js")
	problemOf(t, r.call(t, "GET", "/", "", "Host: evil.example", "Accept: text/html"), 403, "/")
}

func TestWithoutAPageEverybodyGetsTheList(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	if a := r.call(t, "GET", "/", "", "Accept: text/html"); !strings.HasPrefix(a.body, "Helix router\n") {
		t.Errorf("got %q", a.body)
	}
	problemOf(t, r.call(t, "GET", "/assets/app.js", ""), 404, "/assets/app.js")
}
