package archtest_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// logKeysHead begins the table of log keys in the root's package comment.
const logKeysHead = "# Log lines"

// logKeyCalls are the functions of log/slog whose first argument is a key.
var logKeyCalls = map[string]bool{
	"Any": true, "Bool": true, "Duration": true, "Float64": true, "Int": true, "Int64": true, "String": true, "Time": true, "Uint64": true,
}

// checkLogKeys wants every key of a log line to be in the table that users build their
// searches on, and nothing else to be there.
func checkLogKeys(t *tree, _ policy) (found []finding) {
	table, used := logKeyTable(t), map[string]bool{}
	for f := range t.files {
		if f.test || f.tool {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			key, at := logKey(n)
			if key == "" {
				return true
			}
			if used[key] = true; !table[key] {
				found = append(found, finding{t.at(at), fmt.Sprintf(
					"the log key %q is not in the table under %q of the root's package comment: use one of those, or add a line", key, logKeysHead)})
			}
			return true
		})
	}
	for key := range table {
		if !used[key] {
			found = append(found, finding{"doc.go", fmt.Sprintf("no log line has the key %q: remove it from the table", key)})
		}
	}
	return found
}

// logKey returns the key of a call such as slog.String("key", v).
func logKey(n ast.Node) (key string, at token.Pos) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return "", 0
	}
	fn, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !logKeyCalls[fn.Sel.Name] {
		return "", 0
	}
	if pkg, ok := fn.X.(*ast.Ident); !ok || pkg.Name != "slog" {
		return "", 0
	}
	text, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return "", 0
	}
	key, _ = strconv.Unquote(text.Value)
	return key, call.Pos()
}

// logKeyLine is a line of the table: keys, then at least one space, then words.
var logKeyLine = regexp.MustCompile(`^((?:[a-z0-9_]+, )*[a-z0-9_]+) +\S`)

func logKeyTable(t *tree) map[string]bool {
	keys := map[string]bool{}
	if t.pkgs[rootPath] == nil {
		return keys
	}
	for _, f := range t.pkgs[rootPath].files {
		if f.test || f.ast.Doc == nil {
			continue
		}
		_, after, _ := strings.Cut(f.ast.Doc.Text(), logKeysHead)
		after, _, _ = strings.Cut(after, "\n# ")
		for line := range strings.Lines(after) {
			text, inTable := strings.CutPrefix(line, "\t")
			if m := logKeyLine.FindStringSubmatch(text); inTable && m != nil {
				for key := range strings.SplitSeq(m[1], ", ") {
					keys[key] = true
				}
			}
		}
	}
	return keys
}
