package archtest_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// policyText is the order of the packages. It is a statement of policy: do not
// change it to make a build pass.
//
// A package may import only from floors below its own. One line places one
// package; "helix" is the module's root. What follows a colon is a remark. An
// import inside a floor needs a line under "same floor" with its reason.
// Packages that do not exist, and exceptions that no import uses, are errors.
const policyText = `
floor 0: the words; pure, public, imports nothing of the module
	route

floor 1: the mechanisms; pure: no goroutine, no lock, no clock, no global randomness
	internal/admission
	internal/bound
	internal/capacity
	internal/estimate
	internal/learn
	internal/peer
	internal/pressure
	internal/stats

floor 2: the words meet the mechanisms; pure, and only internal/feedback may lock
	internal/explain
	internal/feedback
	internal/policy

floor 3: owns goroutines, or reads the system
	internal/event
	internal/exec
	internal/machine

floor 4: what users import
	helix

floor 5: adapters; they import the root and are never imported by it
	decisionlog: writes what workload reads
	helixotel: links the API of OpenTelemetry, never its SDK
	internal/archtest: reads the tree as text and imports none of it
	internal/configfile
	internal/dashboard: knows neither the root nor the API
	internal/filewatch: knows names and contents, and no meaning
	internal/fleetsim: pure
	internal/history: reads the router, knows no path
	internal/httpapi
	internal/loadgen
	internal/openapi: describes operations that it does not know
	internal/report: knows rows and nothing that makes them
	internal/scenario: pure
	internal/sim: pure
	internal/stream: reads the router, knows no path
	internal/study: pure
	internal/weights: owns one file
	kernel
	metrics
	remote: speaks NATS, and links no server
	remote/broker: links the server
	remote/durable
	remote/fleetstate
	workload

floor 6: programs
	cmd/helixrouter

same floor: importer -> imported, imported: reason
	internal/sim -> internal/scenario: it runs them
	internal/study -> internal/report, internal/scenario, internal/sim, workload: it is the three put together
	internal/loadgen -> internal/report, internal/scenario: it runs scenarios and makes rows
	internal/scenario -> workload: a trace is a scenario, and workload reads traces
	decisionlog -> workload: a decision log is a trace that a router wrote
	internal/feedback -> internal/policy: it writes the book that a policy reads
	internal/explain -> internal/policy: it puts a policy's account into words
	internal/estimate -> internal/stats: logarithms that are the same everywhere
	internal/admission -> internal/stats: the same, and half-lives
	internal/capacity -> internal/stats: the same
	internal/peer -> internal/stats: logarithms that are the same everywhere
	internal/pressure -> internal/stats: it blends half-life averages, and stats is the arithmetic under the other mechanisms
	internal/httpapi -> workload, internal/stream, internal/history, internal/openapi: its seeded mix is a burst, and the others are answers
`

// Where a reader of a failure has to go.
const policyFile = "internal/archtest/policy_test.go"

// floors with a meaning of their own in the rules.
const (
	lastPureFloor      = 2 // up to here time and randomness come in as arguments
	firstGoStmtFloor   = 3 // from here on a package may own goroutines
	rootFloor          = 4
	unplaced           = -1
	lastFloor          = 6
	sameFloorSection   = "same floor"
	floorSectionPrefix = "floor "
)

// pureAbove lists packages above the pure floors that obey their rules too:
// scenarios and the simulators must give the same answer for the same seed.
var pureAbove = []string{"internal/fleetsim", "internal/scenario", "internal/sim", "internal/study"}

// mayLock lists the packages on the pure floors that may import sync and
// sync/atomic.
var mayLock = []string{"internal/feedback"}

// rootModules are the external modules that the root package may link: none so
// far. Two is the most: what a user of the library gets with it is part of its interface.
var rootModules []string

// maxRootModules bounds rootModules.
const maxRootModules = 2

// confined says which packages alone may import what lies under a path. An
// entry of "in" that ends in a slash stands for everything under it.
var confined = []struct {
	prefix string
	in     []string
	reason string
}{
	{"github.com/prometheus/", []string{"metrics", "internal/httpapi", "cmd/"},
		"keep the numbers in plain types and let metrics collect them"},
	{"go.opentelemetry.io/otel/sdk", []string{"cmd/"},
		"take a trace.TracerProvider; the program makes it, and pays 8 MB for it"},
	{"go.opentelemetry.io/otel/exporters/", []string{"cmd/"},
		"take a trace.TracerProvider; the program makes it, and says where spans go"},
	{"go.opentelemetry.io/", []string{"helixotel", "cmd/"},
		"tell helix.Tracer, and let helixotel make spans of it"},
	{"github.com/nats-io/", []string{"remote", "remote/"},
		"speak to the engine through remote, so that it can be replaced"},
}

// policy is policyText, parsed.
type policy struct {
	floor map[string]int      // package -> floor
	same  map[string][]string // importer -> packages of its own floor it may import
	lines map[string]int      // package -> line of policyText, for messages
}

// parsePolicy reads the text and refuses what it does not understand.
func parsePolicy(text string) (policy, error) {
	p := policy{floor: map[string]int{}, same: map[string][]string{}, lines: map[string]int{}}
	section := unplaced
	inSame := false
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		head, remark, _ := strings.Cut(line, ":")
		head, remark = strings.TrimRight(head, " "), strings.TrimSpace(remark)
		var err error
		switch {
		case head == sameFloorSection:
			inSame = true
		case strings.HasPrefix(head, floorSectionPrefix):
			inSame = false
			section, err = parseFloor(head, section)
		case !strings.HasPrefix(line, "\t"):
			err = fmt.Errorf("want %q, %q or a line that begins with a tab", "floor N: what it is", sameFloorSection+":")
		case inSame:
			err = p.addSame(strings.TrimSpace(head), remark)
		default:
			err = p.place(strings.TrimSpace(head), section, i+1)
		}
		if err != nil {
			return policy{}, fmt.Errorf("policy line %d %q: %w", i+1, line, err)
		}
	}
	return p, nil
}

// parseFloor reads "floor N" and insists on rising order.
func parseFloor(head string, previous int) (int, error) {
	var n int
	if _, err := fmt.Sscanf(head, "floor %d", &n); err != nil {
		return 0, err
	}
	if n != previous+1 || n > lastFloor {
		return 0, fmt.Errorf("floors run from 0 to %d in order; %d follows %d", lastFloor, n, previous)
	}
	return n, nil
}

func (p policy) place(path string, floor, line int) error {
	if path == "helix" {
		path = rootPath
	}
	if floor == unplaced {
		return fmt.Errorf("no floor above it")
	}
	if strings.ContainsAny(path, " ,") {
		return fmt.Errorf("one package a line")
	}
	if at, ok := p.lines[path]; ok {
		return fmt.Errorf("placed already on line %d", at)
	}
	p.floor[path], p.lines[path] = floor, line
	return nil
}

func (p policy) addSame(rule, reason string) error {
	from, to, ok := strings.Cut(rule, " -> ")
	if !ok || reason == "" {
		return fmt.Errorf("want: importer -> imported, imported: reason")
	}
	for path := range strings.SplitSeq(to, ",") {
		path = strings.TrimSpace(path)
		a, okA := p.floor[from]
		b, okB := p.floor[path]
		if !okA || !okB || a != b {
			return fmt.Errorf("%s and %s are not placed on one floor", from, path)
		}
		p.same[from] = append(p.same[from], path)
	}
	return nil
}

// of returns a package's floor, or unplaced.
func (p policy) of(path string) int {
	if f, ok := p.floor[path]; ok {
		return f
	}
	return unplaced
}

// pure reports whether the rules of the pure floors hold for a package.
func (p policy) pure(path string) bool {
	f := p.of(path)
	return f != unplaced && f <= lastPureFloor || slices.Contains(pureAbove, path)
}

// packages lists the placed packages in order.
func (p policy) packages() []string { return slices.Sorted(maps.Keys(p.floor)) }
