package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// kit is the deploy kit of a repository.
type kit struct {
	root string // of the repository, or of a copy of the kit
	ci   bool   // a missing program is a finding
}

// path returns a path inside the repository.
func (k kit) path(elements ...string) string {
	return filepath.Join(append([]string{k.root}, elements...)...)
}

// kustomizations are what people apply.
func (k kit) kustomizations() []string {
	return []string{k.path("deploy", "kubernetes", "router"), k.path("deploy", "kubernetes", "fleet")}
}

// look runs a check. That it cannot look is a finding too, save for a missing program on
// a workstation, which becomes a note.
func (k kit) look(ctx context.Context, c check) (findings []string, note string) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	findings, err := c.run(ctx, k)
	switch {
	case err == nil:
		return findings, ""
	case errors.Is(err, exec.ErrNotFound) && !k.ci:
		return findings, fmt.Sprintf("; skipped in part: %v, .ci/tools DIR gets it", err)
	case errors.Is(err, exec.ErrNotFound):
		err = fmt.Errorf("%w: run .ci/tools and put its folder on the PATH", err)
	}
	return append(findings, err.Error()), ""
}

// workFolder returns a new folder that others may enter, and what removes it.
func workFolder() (dir string, remove func(), err error) {
	if dir, err = os.MkdirTemp("", "helix-lint"); err != nil {
		return "", nil, err
	}
	return dir, func() { _ = os.RemoveAll(dir) }, os.Chmod(dir, 0o755)
}
