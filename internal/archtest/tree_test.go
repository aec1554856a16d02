package archtest_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// rootPath stands for the module's root package.
const rootPath = "."

// tree is the source of one module, parsed. Nested modules, testdata and
// folders that the go command ignores are not part of it.
type tree struct {
	module   string
	requires []string // module paths of go.mod's require lines
	fset     *token.FileSet
	pkgs     map[string]*pkg // by path inside the module; "." is the root
	order    []string        // the keys of pkgs, sorted
}

type pkg struct {
	path  string
	files []*file
}

type file struct {
	name    string // path inside the module
	pkg     *pkg
	src     string
	ast     *ast.File
	imports []imported
	test    bool // *_test.go
	tool    bool // "//go:build ignore": run by hand, linked into nothing
}

type imported struct {
	path  string
	alias string // "" = none given
	pos   token.Pos
}

// loadTree reads the module whose go.mod is at the root of fsys.
func loadTree(fsys fs.FS) (*tree, error) {
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, err
	}
	t := &tree{fset: token.NewFileSet(), pkgs: map[string]*pkg{}}
	t.readMod(string(mod))
	if t.module == "" {
		return nil, errors.New("go.mod: no module line")
	}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // another process removed it while we walked
		case err != nil:
			return err
		case d.IsDir():
			return skipDir(fsys, name)
		case !strings.HasSuffix(name, ".go") || strings.ContainsAny(path.Base(name)[:1], "._"):
			return nil
		}
		return t.addFile(fsys, name)
	})
	for p := range t.pkgs {
		t.order = append(t.order, p)
	}
	slices.Sort(t.order)
	return t, err
}

// skipDir returns fs.SkipDir for what is not part of the module.
func skipDir(fsys fs.FS, name string) error {
	if name == rootPath {
		return nil
	}
	base := path.Base(name)
	if base == "testdata" || base == "vendor" || base == "node_modules" || base[0] == '.' || base[0] == '_' {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// readMod takes the module path and the required paths from go.mod's text.
func (t *tree) readMod(text string) {
	block := false
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "module":
			t.module = words[1]
		case words[0] == "require" && words[1] == "(":
			block = true
		case words[0] == "require":
			t.requires = append(t.requires, words[1])
		case words[0] == ")":
			block = false
		case block && words[0] != "//":
			t.requires = append(t.requires, words[0])
		}
	}
}

func (t *tree) addFile(fsys fs.FS, name string) error {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(t.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	dir := path.Dir(name)
	if t.pkgs[dir] == nil {
		t.pkgs[dir] = &pkg{path: dir}
	}
	f := &file{
		name: name, pkg: t.pkgs[dir], src: string(src), ast: parsed,
		test: strings.HasSuffix(name, "_test.go"), tool: isTool(parsed),
	}
	for _, spec := range parsed.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		in := imported{path: p, pos: spec.Pos()}
		if spec.Name != nil {
			in.alias = spec.Name.Name
		}
		f.imports = append(f.imports, in)
	}
	f.pkg.files = append(f.pkg.files, f)
	return nil
}

// isTool reports whether the file has the build constraint "ignore".
func isTool(f *ast.File) bool {
	for _, group := range f.Comments {
		if group.Pos() > f.Package {
			break
		}
		for _, c := range group.List {
			if x, err := constraint.Parse(c.Text); err == nil && x.String() == "ignore" {
				return true
			}
		}
	}
	return false
}

// linked yields the files that end up in a program, in order.
func (t *tree) linked(yield func(*file) bool) {
	for f := range t.files {
		if !f.test && !f.tool && !yield(f) {
			return
		}
	}
}

// files yields every file, in order.
func (t *tree) files(yield func(*file) bool) {
	for _, p := range t.order {
		for _, f := range t.pkgs[p].files {
			if !yield(f) {
				return
			}
		}
	}
}

// at renders a position as file:line.
func (t *tree) at(pos token.Pos) string {
	p := t.fset.Position(pos)
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// inside returns the path inside the module of an import, and whether it is one.
func (t *tree) inside(importPath string) (string, bool) {
	if importPath == t.module {
		return rootPath, true
	}
	return strings.CutPrefix(importPath, t.module+"/")
}

// external returns the module of an import from outside the module and the
// standard library, and whether it is one.
func (t *tree) external(importPath string) (string, bool) {
	if _, ok := t.inside(importPath); ok {
		return "", false
	}
	first, _, _ := strings.Cut(importPath, "/")
	if !strings.Contains(first, ".") {
		return "", false // the standard library, or "C"
	}
	best := ""
	for _, r := range t.requires {
		if (importPath == r || strings.HasPrefix(importPath, r+"/")) && len(r) > len(best) {
			best = r
		}
	}
	if best == "" {
		best = importPath
	}
	return best, true
}
