package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/helixrouter/helix"
)

// TestExplain asks a daemon that has run its startup workload.
func TestExplain(t *testing.T) {
	p := start(t, nil, "--sim-jobs", "20", "--policy", "threshold").serving()
	addr := strings.TrimPrefix(p.url, "http://")
	code, out, errs := invoke(t.Context(), nil, "explain", "1", "--addr", addr)
	if code != exitOK || errs != "" {
		t.Fatalf("code %d: %s", code, errs)
	}
	sentence, table, _ := strings.Cut(out, "\n\n")
	if !strings.Contains(sentence, " #1: ") || !strings.Contains(sentence, ", since ") || !strings.HasSuffix(sentence, ".") {
		t.Errorf("no sentence: %s", sentence)
	}
	if lines := strings.Split(strings.TrimSpace(table), "\n"); len(lines) != 7 || !strings.HasPrefix(lines[0], "strategy ") || strings.Count(table, " *") != 1 {
		t.Errorf("no table of the six strategies:\n%s", table)
	}
	// The address may come from the environment, as the daemon's own.
	code, out, errs = invoke(t.Context(), []string{"HELIX_HTTP_ADDR=" + addr}, "explain", "--last", "--json")
	var e helix.Explanation
	if err := json.Unmarshal([]byte(out), &e); code != exitOK || err != nil || e.Decision.Seq != 20 || e.Sentence == "" {
		t.Errorf("code %d, %v: %s%s", code, err, out, errs)
	}
	code, out, errs = invoke(t.Context(), nil, "explain", "21", "--addr", addr)
	if code != exitFailure || out != "" || !strings.Contains(errs, "decision 21 is not kept: ask for one of 1 to 20") {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
}

func TestExplainNamesWhatIsWrong(t *testing.T) {
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/decisions":
			w.Write([]byte("[]"))
		case "/api/decisions/1":
			w.Write([]byte("<html>"))
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	}))
	defer answers.Close()
	addr := strings.TrimPrefix(answers.URL, "http://")
	for args, want := range map[string]struct {
		code int
		text string
	}{
		"explain":                         {exitUsage, "the number of a decision, or --last"},
		"explain 1 --last":                {exitUsage, "the number of a decision, or --last"},
		"explain 1 2":                     {exitUsage, "accepts at most 1 arg"},
		"explain x":                       {exitUsage, `SEQ "x": must be a whole number`},
		"explain 1 --addr 8080":           {exitUsage, "must be host:port"},
		"explain 1 --addr 127.0.0.1:1":    {exitFailure, "no daemon answers at 127.0.0.1:1 ("},
		"explain 1 --addr " + addr:        {exitFailure, "does not answer as a daemon of this version"},
		"explain 2 --addr " + addr:        {exitFailure, "418"},
		"explain --last --addr " + addr:   {exitFailure, "has recorded no decision yet"},
		"explain 1 --addr 0.0.0.0:1":      {exitFailure, "no daemon answers at 127.0.0.1:1 ("},
		"explain 1 --addr [::]:1 --json":  {exitFailure, "no daemon answers at 127.0.0.1:1 ("},
		"explain --last --addr :1 --json": {exitFailure, "no daemon answers at 127.0.0.1:1 ("},
	} {
		code, out, errs := invoke(t.Context(), nil, strings.Fields(args)...)
		if code != want.code || out != "" || !strings.Contains(errs, want.text) {
			t.Errorf("%s: code %d, %q %q, want %d and %q", args, code, out, errs, want.code, want.text)
		}
	}
}
