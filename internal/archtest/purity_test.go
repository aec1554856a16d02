package archtest_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// The functions that read the clock or wait on it, by import path.
var clockFuncs = map[string][]string{
	"time": {"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"},
	"context": {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause",
		"AfterFunc"}, // starts a goroutine
}

// What may be named of the randomness packages: a generator that the caller
// seeded, never the global one. The empty list bans the package.
var seededRand = map[string][]string{
	"math/rand":    {"New", "NewSource", "NewZipf", "Rand", "Source", "Source64", "Zipf"},
	"math/rand/v2": {"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "Source", "PCG", "ChaCha8", "Zipf"},
	"crypto/rand":  {},
}

// checkGoStmts keeps goroutines with the floors that own them.
func checkGoStmts(t *tree, p policy) (found []finding) {
	for f := range t.linked {
		floor := p.of(f.pkg.path)
		if floor == unplaced || floor >= firstGoStmtFloor && !p.pure(f.pkg.path) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if stmt, ok := n.(*ast.GoStmt); ok {
				found = append(found, finding{t.at(stmt.Pos()), fmt.Sprintf(
					"%s starts a goroutine: return the work and let a package of floor %d or above own it and wait for it",
					shown(f.pkg.path), firstGoStmtFloor)})
			}
			return true
		})
	}
	return found
}

// checkClock makes time an argument on the pure floors.
func checkClock(t *tree, p policy) []finding {
	return checkSelectors(t, p, func(importPath, name string) string {
		if !slices.Contains(clockFuncs[importPath], name) {
			return ""
		}
		return "reads or waits on the clock: take the time as an argument (now time.Time), and leave waiting to floor 3"
	})
}

// checkRandom makes randomness an argument on the pure floors.
func checkRandom(t *tree, p policy) []finding {
	return checkSelectors(t, p, func(importPath, name string) string {
		if importPath == "hash/maphash" && name == "MakeSeed" {
			return "seeds itself: take the seed as an argument"
		}
		if allowed, ok := seededRand[importPath]; !ok || slices.Contains(allowed, name) {
			return ""
		}
		return "is global randomness: take a *rand.Rand of math/rand/v2 that the caller seeded"
	})
}

// checkSelectors asks judge about each pkg.Name of the pure packages. A name
// that shadows an import is judged as the import: rename it.
func checkSelectors(t *tree, p policy, judge func(importPath, name string) string) (found []finding) {
	for f := range t.linked {
		if !p.pure(f.pkg.path) {
			continue
		}
		names := importNames(f)
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			id, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			if complaint := judge(names[id.Name], sel.Sel.Name); complaint != "" {
				found = append(found, finding{t.at(sel.Pos()), fmt.Sprintf(
					"%s is pure, and %s.%s %s", shown(f.pkg.path), id.Name, sel.Sel.Name, complaint)})
			}
			return true
		})
	}
	return found
}

// importNames maps the names that a file's imports have in it to their paths.
func importNames(f *file) map[string]string {
	names := map[string]string{}
	for _, in := range f.imports {
		name := in.alias
		if name == "" {
			name = path.Base(in.path)
			if name == "v2" {
				name = path.Base(path.Dir(in.path))
			}
		}
		names[name] = in.path
	}
	return names
}

// checkLocks keeps locks and atomics out of the pure floors.
func checkLocks(t *tree, p policy) (found []finding) {
	for f := range t.linked {
		if !p.pure(f.pkg.path) || slices.Contains(mayLock, f.pkg.path) {
			continue
		}
		for _, in := range f.imports {
			if in.path == "sync" || strings.HasPrefix(in.path, "sync/") {
				found = append(found, finding{t.at(in.pos), fmt.Sprintf(
					"%s is pure and imports %s: let the caller serialise; on the pure floors only %s locks",
					shown(f.pkg.path), in.path, strings.Join(mayLock, ", "))})
			}
		}
	}
	return found
}

// checkDotImports keeps names visible, to readers and to the rules above.
func checkDotImports(t *tree, _ policy) (found []finding) {
	for f := range t.files {
		for _, in := range f.imports {
			if in.alias == "." {
				found = append(found, finding{t.at(in.pos), fmt.Sprintf("dot import of %s: write the package's name", in.path)})
			}
		}
	}
	return found
}

// checkInit keeps importing a package free of work.
func checkInit(t *tree, _ policy) (found []finding) {
	for f := range t.linked {
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				found = append(found, finding{t.at(fn.Pos()), fmt.Sprintf(
					"%s has a func init: do it in New, or in a package variable without side effects", shown(f.pkg.path))})
			}
		}
	}
	return found
}
