package dashboard_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/helixrouter/helix/internal/dashboard"
)

// get asks for the page, or for an asset by its name.
func get(p *dashboard.Page, asset string, header ...string) *http.Response {
	r := httptest.NewRequest("GET", "/", nil)
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	switch {
	case asset == "":
		p.ServePage(w, r)
	case !p.ServeAsset(w, r, asset):
		w.WriteHeader(http.StatusNotFound)
	}
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var reference = regexp.MustCompile(`(?:href|src)="([^"]*)"`)

// TestEverythingThePageNamesIsThere follows each reference of the page.
func TestEverythingThePageNamesIsThere(t *testing.T) {
	p := dashboard.New()
	kinds := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
		".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
	}
	assets := 0
	for _, found := range reference.FindAllStringSubmatch(text(t, get(p, "")), -1) {
		name, isAsset := strings.CutPrefix(found[1], "assets/")
		if !isAsset {
			if strings.Contains(found[1], "//") || strings.HasPrefix(found[1], "/") {
				t.Errorf("%q leads to another host, or does not work below a prefix", found[1])
			}
			continue
		}
		assets++
		r := get(p, name)
		if want := kinds[name[strings.LastIndex(name, "."):]]; r.StatusCode != 200 || r.Header.Get("Content-Type") != want {
			t.Errorf("%s: %d %s, want %s", name, r.StatusCode, r.Header.Get("Content-Type"), want)
		}
		if got := r.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s may be kept %q", name, got)
		}
	}
	if assets != len(kinds) {
		t.Errorf("the page names %d assets, want %d", assets, len(kinds))
	}
}

// TestThePolicyAllowsNothingInline: the page must need no exception from its own policy.
func TestThePolicyAllowsNothingInline(t *testing.T) {
	r := get(dashboard.New(), "")
	policy := r.Header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'self';") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
		t.Errorf("the policy is %q", policy)
	}
	if got := r.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options %q", got)
	}
	page := text(t, r)
	for _, banned := range []string{"<style", " style=", "onclick", "onload", "<script>", "javascript:"} {
		if strings.Contains(page, banned) {
			t.Errorf("the page has %s", banned)
		}
	}
}

// TestAnUnchangedPageIsNotSentAgain, but is asked about, since its assets' names change.
func TestAnUnchangedPageIsNotSentAgain(t *testing.T) {
	p := dashboard.New()
	first := get(p, "")
	tag := first.Header.Get("ETag")
	if first.Header.Get("Cache-Control") != "no-cache" || len(tag) < 10 {
		t.Fatalf("Cache-Control %q, ETag %q", first.Header.Get("Cache-Control"), tag)
	}
	for _, given := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		if r := get(p, "", "If-None-Match: "+given); r.StatusCode != 304 || text(t, r) != "" || r.Header.Get("ETag") != tag {
			t.Errorf("If-None-Match %s: %d", given, r.StatusCode)
		}
	}
	if r := get(p, "", `If-None-Match: "other"`); r.StatusCode != 200 {
		t.Errorf("another tag: %d", r.StatusCode)
	}
}

func script(t *testing.T, p *dashboard.Page) string {
	t.Helper()
	found := regexp.MustCompile(`assets/(app-[0-9a-f]{12}\.js)`).FindStringSubmatch(text(t, get(p, "")))
	if found == nil {
		t.Fatal("the page names no script")
	}
	return found[1]
}

func TestAssetsArePackedForWhoUnpacks(t *testing.T) {
	p := dashboard.New()
	name := script(t, p)
	plain := text(t, get(p, name))
	for _, accepted := range []string{"gzip", "br, gzip;q=0.5", "deflate, gzip ; q=1", "gzip, *"} {
		r := get(p, name, "Accept-Encoding: "+accepted)
		if r.Header.Get("Content-Encoding") != "gzip" || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: %v", accepted, r.Header)
			continue
		}
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(unpacked); err != nil || string(got) != plain {
			t.Errorf("Accept-Encoding %q: %v, %d of %d bytes", accepted, err, len(got), len(plain))
		}
	}
	for _, accepted := range []string{"", "br", "gzip;q=0", "gzip; q=0.0", "gzipped", "identity"} {
		if r := get(p, name, "Accept-Encoding: "+accepted); r.Header.Get("Content-Encoding") != "" || text(t, r) != plain {
			t.Errorf("Accept-Encoding %q was answered with %q", accepted, r.Header.Get("Content-Encoding"))
		}
	}
}

// TestThePageIsSmall holds the whole page below what the browser test has for it with data.
func TestThePageIsSmall(t *testing.T) {
	const most = 100_000 // bytes of the packed script, which is nearly all of the page
	p := dashboard.New()
	if got := len(text(t, get(p, script(t, p), "Accept-Encoding: gzip"))); got > most {
		t.Errorf("the script has %d bytes packed, at most %d", got, most)
	}
}

func TestUnknownAssets(t *testing.T) {
	p := dashboard.New()
	for _, name := range []string{"nope.js", "index.html", "..", "../page.go", "app.js"} {
		if r := get(p, name); r.StatusCode != 404 || text(t, r) != "" {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
	}
}

func TestWhoGetsThePage(t *testing.T) {
	p := dashboard.New()
	for accept, want := range map[string]bool{
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true,
		"text/html": true, "application/json, text/html;q=0.1": true,
		"*/*": false, "": false, "application/json": false, "text/html;q=0": false, "text/html;q=0.0": false, "text/plain": false, ";;": false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept", accept)
		if got := p.Wanted(r); got != want {
			t.Errorf("Accept %q: %v, want %v", accept, got, want)
		}
	}
}

// TestLicencesAreServed: what the page is built with asks for no more, and no less.
func TestLicencesAreServed(t *testing.T) {
	p := dashboard.New()
	found := regexp.MustCompile(`assets/(licences-[0-9a-f]{12}\.txt)`).FindStringSubmatch(text(t, get(p, "")))
	if found == nil {
		t.Fatal("the page does not name its licences")
	}
	all := text(t, get(p, found[1]))
	for _, want := range []string{"preact@", "@preact/signals@", "@preact/signals-core@", "uplot@", "Copyright (c) 2015-present Jason Miller", "Leon Sorokin"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is not in the licences", want)
		}
	}
}
