package archtest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// houseText is the order of the small modules below.
const houseText = `
floor 0: words
	route
floor 1: mechanisms
	internal/stats
floor 2: meeting
	internal/feedback
floor 3: goroutines
	internal/exec
floor 4: the root
	helix
floor 5: adapters
	metrics
	remote
	internal/httpapi
	internal/sim
floor 6: programs
	cmd/helixrouter
same floor:
	internal/httpapi -> metrics: serves its handler
`

const doc = "// Package x owns x. It must never do y.\n"

// house is a module that keeps every rule, close to the edge of each.
func house() map[string]string {
	return map[string]string{
		"go.mod":          "module example.com/h\n\ngo 1.26\n\nrequire (\n\t// a remark\n\tgithub.com/nats-io/nats.go v1.0.0 // indirect\n)\n",
		"bench/go.mod":    "module example.com/h/bench\n",
		"bench/utils.go":  "package utils\nimport _ \"example.com/h/cmd/helixrouter\"\n",
		"route/r.go":      doc + "package route\nimport \"time\"\nvar Second = time.Second\n",
		"route/_draft.go": "not Go at all",
		"internal/stats/s.go": doc + "package stats\nimport \"math/rand/v2\"\n" +
			"func New(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }\n",
		"internal/stats/s_test.go":     "package stats\nimport (\n\t\"sync\"\n\t\"time\"\n)\nvar _ = time.Now\nvar _ sync.Mutex\n// TODO\nfunc init() { go func() {}() }\n",
		"internal/stats/testdata/a.go": "not Go at all",
		"internal/feedback/f.go":       doc + "package feedback\nimport (\n\t\"sync\"\n\t\"example.com/h/route\"\n\t\"example.com/h/internal/stats\"\n)\nvar _ sync.Mutex\n",
		"internal/exec/e.go":           doc + "package exec\nimport \"time\"\nfunc Run() time.Time { go func() {}(); return time.Now() }\n",
		"helix.go":                     doc + "package helix\nimport \"example.com/h/internal/exec\"\n",
		"gen.go":                       "//go:build ignore\n\npackage main\nimport \"github.com/evanw/esbuild/pkg/api\"\n",
		"metrics/m.go":                 doc + "package metrics\nimport (\n\t\"github.com/prometheus/client_golang/prometheus\"\n\t\"example.com/h\"\n)\n",
		"remote/r.go":                  doc + "package remote\nimport \"github.com/nats-io/nats.go\"\n",
		"internal/httpapi/h.go":        doc + "package httpapi\nimport \"example.com/h/metrics\"\n",
		"internal/sim/s.go":            doc + "package sim\n",
		"cmd/helixrouter/main.go":      doc + "package main\nimport \"github.com/prometheus/client_golang/prometheus\"\nfunc main() {\n" + strings.Repeat("\n", maxFuncLines-2) + "}\n",
		"internal/stats/long.go":       "package stats\n" + strings.Repeat("\n", maxFileLines-1),
	}
}

// breaches returns what the rule finds in the house with one file written over.
func breaches(t *testing.T, rule, name, src string) (found []finding) {
	t.Helper()
	fsys := fstest.MapFS{}
	for n, s := range house() {
		fsys[n] = &fstest.MapFile{Data: []byte(s)}
	}
	if name != "" {
		fsys[name] = &fstest.MapFile{Data: []byte(src)}
	}
	module, err := loadTree(fsys)
	if err != nil {
		t.Fatal(err)
	}
	p, err := parsePolicy(houseText)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		if r.name == rule {
			return r.check(module, p)
		}
	}
	t.Fatalf("no rule %q", rule)
	return nil
}

// TestRulesPassAGoodHouse guards against rules that find fault with everything.
func TestRulesPassAGoodHouse(t *testing.T) {
	for _, r := range rules {
		for _, f := range breaches(t, r.name, "", "") {
			t.Errorf("%s: %s: %s", r.name, f.at, f.message)
		}
	}
}

// TestRulesFail breaks each rule, by one file at a time, and expects one
// finding at one place.
func TestRulesFail(t *testing.T) {
	const stats = doc + "package stats\n" // three lines follow: the first is line 3
	tests := []struct {
		rule, file, src string
		at, want        string
	}{
		{"table", "internal/queue/q.go", doc + "package queue\n", "internal/queue/q.go:2", `add the line "\tinternal/queue"`},
		{"floors", "internal/stats/a.go", stats + `import "example.com/h/internal/exec"`, "internal/stats/a.go:3", "internal/exec (floor 3)"},
		{"floors", "internal/stats/a.go", stats + `import h "example.com/h"`, "internal/stats/a.go:3", "imports helix (floor 4)"},
		{"floors", "metrics/a.go", "package metrics\nimport \"example.com/h/internal/httpapi\"", "metrics/a.go:2", "(floor 5) imports internal/httpapi (floor 5)"},
		{"floors", "internal/httpapi/h.go", doc + "package httpapi\n", policyFile, `no import uses the exception "internal/httpapi -> metrics"`},
		{"programs", "route/a_test.go", "package route_test\nimport _ \"example.com/h/cmd/helixrouter\"", "route/a_test.go:2", "nothing below cmd imports cmd"},
		{"confined", "internal/exec/a.go", "package exec\nimport \"github.com/prometheus/procfs\"", "internal/exec/a.go:2", "only metrics, internal/httpapi, cmd/ may"},
		{"confined", "cmd/helixrouter/a.go", "package main\nimport \"github.com/nats-io/nats-server/v2/server\"", "cmd/helixrouter/a.go:2", "only remote, remote/ may"},
		{"confined", "helixotel/a.go", "package helixotel\nimport \"go.opentelemetry.io/otel/sdk/trace\"", "helixotel/a.go:2", "only cmd/ may"},
		{"confined", "helixotel/a.go", "package helixotel\nimport \"go.opentelemetry.io/otel/exporters/otlp/otlptrace\"", "helixotel/a.go:2", "only cmd/ may"},
		{"confined", "metrics/a.go", "package metrics\nimport \"go.opentelemetry.io/otel/trace\"", "metrics/a.go:2", "only helixotel, cmd/ may"},
		{"log keys", "internal/exec/a.go", "package exec\nimport \"log/slog\"\nvar _ = slog.String(\"colour\", \"red\")", "internal/exec/a.go:3", `the log key "colour" is not in the table`},
		{"log keys", "a.go", "// Package h is it.\n//\n// # Log lines\n//\n//\tcolour  of the job\npackage h\n", "doc.go", `no log line has the key "colour"`},
		{"root modules", "internal/exec/a.go", "package exec\nimport \"gonum.org/v1/gonum/mat\"", "internal/exec/a.go:2", "helix -> internal/exec -> gonum.org/v1/gonum/mat"},
		{"go statements", "internal/stats/a.go", stats + "func F() {\n\tgo F()\n}", "internal/stats/a.go:4", "floor 3 or above"},
		{"go statements", "internal/sim/a.go", "package sim\nfunc F() { go F() }", "internal/sim/a.go:2", "internal/sim starts a goroutine"},
		{"clock", "internal/stats/a.go", stats + "import t \"time\"\nvar now = t.Now", "internal/stats/a.go:4", "t.Now reads or waits on the clock"},
		{"clock", "internal/sim/a.go", "package sim\nimport \"context\"\nvar _ = context.WithTimeout", "internal/sim/a.go:3", "context.WithTimeout"},
		{"randomness", "internal/stats/a.go", stats + "import \"math/rand/v2\"\nvar x = rand.Float64()", "internal/stats/a.go:4", "rand.Float64 is global randomness"},
		{"randomness", "internal/feedback/a.go", "package feedback\nimport \"crypto/rand\"\nvar x = rand.Reader", "internal/feedback/a.go:3", "rand.Reader"},
		{"randomness", "route/a.go", "package route\nimport \"hash/maphash\"\nvar x = maphash.MakeSeed()", "route/a.go:3", "take the seed"},
		{"locks", "internal/stats/a.go", stats + `import "sync/atomic"`, "internal/stats/a.go:3", "imports sync/atomic"},
		{"dot imports", "route/a_test.go", "package route\nimport . \"testing\"", "route/a_test.go:2", "write the package's name"},
		{"init", "metrics/a.go", "package metrics\nfunc init() {}", "metrics/a.go:2", "do it in New"},
		{"names", "internal/exec/queue_helper_test.go", "package exec", "internal/exec/queue_helper_test.go:1", `"queue_helper" has "helper"`},
		{"names", "internal/exec/limiterv2.go", "package exec", "internal/exec/limiterv2.go:1", `has "v2"`},
		{"names", "internal/strutil/a.go", "package strutil", "internal/strutil/a.go:1", `has "util"`},
		{"package docs", "internal/sim/s.go", "// Package sim simulates e.g. a router.\npackage sim", "internal/sim/s.go:2", "a doc of 1 sentences"},
		{"package docs", "internal/sim/s.go", "package sim", "internal/sim/s.go:1", "a doc of 0 sentences"},
		{"function size", "route/a.go", "package route\nfunc F() {\n" + strings.Repeat("\n", maxFuncLines-1) + "}", "route/a.go:2", "F has 71 lines"},
		{"function size", "route/a.go", "package route\nvar f = func() {\n" + strings.Repeat("\n", maxFuncLines-1) + "}", "route/a.go:2", "a function literal has 71 lines"},
		{"file size", "route/a.go", "package route\n" + strings.Repeat("\n", maxFileLines), "route/a.go:1", "601 lines"},
		{"leftovers", "route/a.go", "package route\n\n// TODO: think", "route/a.go:3", `"TODO" in product code`},
		{"leftovers", "route/a.go", "package route\n\nvar s = \"Not implemented\"", "route/a.go:3", "finish it"},
	}
	broken := map[string]bool{}
	for _, tt := range tests {
		broken[tt.rule] = true
		t.Run(fmt.Sprintf("%s/%s", tt.rule, tt.file), func(t *testing.T) {
			found := breaches(t, tt.rule, tt.file, tt.src)
			if len(found) != 1 || found[0].at != tt.at || !strings.Contains(found[0].message, tt.want) {
				t.Errorf("found %q, want one at %s with %q", found, tt.at, tt.want)
			}
		})
	}
	for _, r := range rules {
		if !broken[r.name] {
			t.Errorf("no case breaks the rule %q", r.name)
		}
	}
}

// TestTableWithoutPackage takes a placed package away.
func TestTableWithoutPackage(t *testing.T) {
	p, err := parsePolicy("floor 0: words\n\troute\n\tgone\n")
	if err != nil {
		t.Fatal(err)
	}
	module, err := loadTree(fstest.MapFS{
		"go.mod":     {Data: []byte("module m\n")},
		"route/r.go": {Data: []byte("package route\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	found := checkTable(module, p)
	if len(found) != 1 || !strings.Contains(found[0].message, "places gone, which does not exist") {
		t.Errorf("found %q, want gone", found)
	}
}

// TestPolicyFaults lists what the policy's text may not say.
func TestPolicyFaults(t *testing.T) {
	for text, want := range map[string]string{
		"\troute\n":                "no floor above",
		"floor 1: x\n":             "floors run from 0",
		"floor 0: x\nfloor 2: x\n": "2 follows 0",
		"floor zero: x\n":          "expected integer",
		"floor 0: x\n\ta b\n":      "one package a line",
		"floor 0: x\n\ta\n\ta\n":   "placed already on line 2",
		"floor 0: x\n\ta\n\tb\nsame floor:\n\ta -> b\n": "importer -> imported",
		"floor 0: x\n\ta\nsame floor:\n\ta -> b: r\n":   "not placed on one floor",
		"storey 0\n": "begins with a tab",
	} {
		if _, err := parsePolicy(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parsePolicy(%q) = %v, want an error with %q", text, err, want)
		}
	}
}
