package archtest_test

import (
	"os"
	"testing"
)

// finding is one breach of a rule.
type finding struct {
	at      string // file:line
	message string // what is wrong and what to write instead
}

// rules are the rules of the house. Test files are free of all but
// programs, dot imports and names.
var rules = []struct {
	name  string
	check func(*tree, policy) []finding
}{
	{"table", checkTable},
	{"floors", checkFloors},
	{"programs", checkPrograms},
	{"confined", checkConfined},
	{"root modules", checkRootModules},
	{"go statements", checkGoStmts},
	{"clock", checkClock},
	{"randomness", checkRandom},
	{"locks", checkLocks},
	{"dot imports", checkDotImports},
	{"init", checkInit},
	{"names", checkNames},
	{"package docs", checkDocs},
	{"function size", checkFuncSize},
	{"file size", checkFileSize},
	{"log keys", checkLogKeys},
	{"leftovers", checkLeftovers},
}

// TestHouse holds the module to its rules.
func TestHouse(t *testing.T) {
	p, err := parsePolicy(policyText)
	if err != nil {
		t.Fatalf("%s: %v", policyFile, err)
	}
	if len(rootModules) > maxRootModules {
		t.Errorf("%s: the root may link %d external modules at most, rootModules lists %d", policyFile, maxRootModules, len(rootModules))
	}
	module, err := loadTree(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, f := range r.check(module, p) {
				t.Errorf("%s: %s", f.at, f.message)
			}
		})
	}
	for _, f := range longFiles(module, warnFileLines) {
		t.Logf("warning: %s: %s", f.at, f.message)
	}
}
