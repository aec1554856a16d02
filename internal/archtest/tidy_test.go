package archtest_test

import (
	"fmt"
	"go/ast"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Bounds on size. The code we learned from has a median function of 3 to 10
// lines and no file past 772 in its library-sized packages; what passes these
// bounds has two subjects.
const (
	maxFuncLines  = 70
	warnFileLines = 400
	maxFileLines  = 600
)

// Names that say nothing about what is inside. A word of bannedWords may not
// be a word of a file, folder or package name; bannedTails may not end one.
var (
	bannedWords = []string{
		"manager", "helper", "helpers", "util", "utils", "common", "misc", "base", "impl",
		"core", "data", "info", "factory", "interface", "interfaces", "smart", "advanced",
	}
	bannedTails = []string{"manager", "helper", "helpers", "util", "utils", "impl", "factory", "v2", "v3", "_new", "_old", "_one", "_two"}
)

// checkNames holds names to style: a name says what the thing owns.
func checkNames(t *tree, _ policy) (found []finding) {
	for f := range t.files {
		names := append(strings.Split(f.pkg.path, "/"),
			strings.TrimSuffix(f.ast.Name.Name, "_test"),
			strings.TrimSuffix(strings.TrimSuffix(path.Base(f.name), ".go"), "_test"))
		for _, name := range names {
			if word := bannedIn(name); word != "" {
				found = append(found, finding{t.at(f.ast.Package), fmt.Sprintf(
					"the name %q has %q in it: name it after the type or idea it owns", name, word)})
				break
			}
		}
	}
	return found
}

// bannedIn returns what is banned in a name, or "".
func bannedIn(name string) string {
	for word := range strings.SplitSeq(name, "_") {
		if slices.Contains(bannedWords, word) {
			return word
		}
	}
	for _, tail := range bannedTails {
		if strings.HasSuffix(name, tail) {
			return tail
		}
	}
	return ""
}

// checkDocs wants a manual of at least two sentences on every package: what it
// owns, and what it must never do.
func checkDocs(t *tree, _ policy) (found []finding) {
	for _, name := range t.order {
		doc, at := "", t.at(t.pkgs[name].files[0].ast.Package)
		library := false
		for _, f := range t.pkgs[name].files {
			if f.test || f.tool {
				continue
			}
			library = true
			if f.ast.Doc != nil {
				doc, at = doc+f.ast.Doc.Text(), t.at(f.ast.Package)
			}
		}
		if n := sentences(doc); library && n < 2 {
			found = append(found, finding{at, fmt.Sprintf(
				"package %s has a doc of %d sentences: write at least two, what it owns and what it must never do", shown(name), n)})
		}
	}
	return found
}

// sentenceEnd is a full stop, question or exclamation mark before a space and
// a capital, a quote, a bracket or a digit, or at the end of the text.
var sentenceEnd = regexp.MustCompile(`[.!?][)"'\x60]*(\s+[A-Z0-9"'\x60(\[]|\s*$)`)

// sentences counts the sentences of a text.
func sentences(text string) int {
	text = strings.NewReplacer("e.g.", "eg", "i.e.", "ie").Replace(text)
	return len(sentenceEnd.FindAllString(text, -1))
}

// checkFuncSize bounds functions, tests and generated files excepted.
func checkFuncSize(t *tree, _ policy) (found []finding) {
	for f := range t.files {
		if f.test || ast.IsGenerated(f.ast) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			name := "a function literal"
			switch fn := n.(type) {
			case *ast.FuncDecl:
				name = fn.Name.Name
			case *ast.FuncLit:
			default:
				return true
			}
			lines := t.fset.Position(n.End()).Line - t.fset.Position(n.Pos()).Line + 1
			if lines > maxFuncLines {
				found = append(found, finding{t.at(n.Pos()), fmt.Sprintf(
					"%s has %d lines, at most %d: give a step of it a name and a function of its own", name, lines, maxFuncLines)})
			}
			return lines > maxFuncLines
		})
	}
	return found
}

// checkFileSize bounds files, tests and generated files excepted.
func checkFileSize(t *tree, _ policy) []finding { return longFiles(t, maxFileLines) }

// longFiles finds the files of more than limit lines.
func longFiles(t *tree, limit int) (found []finding) {
	for f := range t.files {
		if f.test || ast.IsGenerated(f.ast) {
			continue
		}
		if lines := strings.Count(f.src, "\n"); lines > limit {
			found = append(found, finding{f.name + ":1", fmt.Sprintf(
				"%d lines, at most %d: one main type a file, named after it", lines, limit)})
		}
	}
	return found
}

// leftover is work that was left undone.
var leftover = regexp.MustCompile(`\b(TODO|FIXME)\b|(?i:\bnot (yet )?implemented\b)`)

// checkLeftovers wants work done or filed, not noted.
func checkLeftovers(t *tree, _ policy) (found []finding) {
	for f := range t.files {
		if f.test {
			continue
		}
		n := 0
		for line := range strings.Lines(f.src) {
			n++
			if word := leftover.FindString(line); word != "" {
				found = append(found, finding{fmt.Sprintf("%s:%d", f.name, n), fmt.Sprintf(
					"%q in product code: finish it, or take it out and open an issue", word)})
			}
		}
	}
	return found
}
