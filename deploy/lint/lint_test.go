package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository is the root, from this folder.
const repository = "../.."

// copied returns a kit that may be broken: a copy of the files that are checked, and of
// this module's files that name its tools.
func copied(t *testing.T) kit {
	t.Helper()
	k := kit{root: t.TempDir(), ci: os.Getenv("CI") == "true"}
	for _, dir := range []string{"docker", "kubernetes", "systemd"} {
		if err := os.CopyFS(k.path("deploy", dir), os.DirFS(filepath.Join(repository, "deploy", dir))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".dockerignore", "deploy/lint/go.mod", "deploy/lint/tools.mod", "deploy/lint/tools.sum"} {
		text, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, k.path(name), string(text))
	}
	return k
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// replace breaks a file of a copy, and fails where there is nothing to break any more.
func replace(t *testing.T, k kit, file, old, with string) {
	t.Helper()
	text, err := os.ReadFile(k.path(file))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s has no %q", file, old)
	}
	write(t, k.path(file), strings.ReplaceAll(string(text), old, with))
}

// needs skips a test where a program is missing, and fails it under CI=true.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%v: run .ci/tools and put its folder on the PATH", err)
			}
			t.Skipf("%v: .ci/tools DIR gets it", err)
		}
	}
}

// run runs one check by its name.
func run(t *testing.T, k kit, name string) []string {
	t.Helper()
	for _, c := range checks {
		if c.name != name {
			continue
		}
		found, note := k.look(t.Context(), c)
		if note != "" {
			t.Log(note)
		}
		return found
	}
	t.Fatalf("there is no check %s", name)
	return nil
}

// fault is one way to break the kit, and what has to be said of it.
type fault struct {
	file, old, with string
	says            string
}

// expect breaks the kit in each of these ways, one at a time.
func expect(t *testing.T, check string, faults []fault) {
	t.Helper()
	for _, f := range faults {
		t.Run(strings.NewReplacer("/", "_", " ", "_").Replace(f.says), func(t *testing.T) {
			k := copied(t)
			replace(t, k, f.file, f.old, f.with)
			found := strings.Join(run(t, k, check), "\n")
			if !strings.Contains(found, f.says) {
				t.Errorf("%s with %q for %q: want %q, got:\n%s", f.file, f.with, f.old, f.says, found)
			}
		})
	}
}

// TestKitIsClean runs every check on the kit as it is. Compiling the daemon is left out
// under -short.
func TestKitIsClean(t *testing.T) {
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "binary" && testing.Short() {
				t.Skip("compiles the daemon; .ci/deploy does it too")
			}
			found, note := kit{root: repository, ci: os.Getenv("CI") == "true"}.look(t.Context(), c)
			for _, f := range found {
				t.Error(f)
			}
			if note != "" {
				t.Skip(note)
			}
		})
	}
}

// TestMissingProgram: without promtool the kit does not pass where CI=true.
func TestMissingProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, name := range []string{"metrics", "systemd"} {
		for _, ci := range []bool{false, true} {
			k := kit{root: repository, ci: ci}
			if found := run(t, k, name); len(found) > 0 != ci {
				t.Errorf("%s without its program, CI=%v: %q", name, ci, found)
			}
		}
	}
}

// TestLintCounts: what the checks find is what the program ends with.
func TestLintCounts(t *testing.T) {
	old := checks
	defer func() { checks = old }()
	two := func(context.Context, kit) ([]string, error) { return []string{"a", "b"}, nil }
	broken := func(context.Context, kit) ([]string, error) { return nil, io.ErrUnexpectedEOF }
	checks = []check{{"two", two}, {"broken", broken}}
	var out strings.Builder
	if n := lint(t.Context(), kit{}, &out); n != 3 || !strings.Contains(out.String(), "broken: unexpected EOF") {
		t.Errorf("%d findings, want 3:\n%s", n, &out)
	}
}
