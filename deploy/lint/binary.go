package main

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// checkBinary builds as the Dockerfile does, and runs the result as the manifests do: as
// nobody in particular, where nothing but the folder for weights can be written.
func checkBinary(ctx context.Context, k kit) (found []string, err error) {
	dir, remove, err := workFolder()
	if err != nil {
		return nil, err
	}
	defer remove()
	binary, err := build(ctx, k, dir)
	if err != nil {
		return nil, err
	}
	if found, err = dynamic(binary); err != nil {
		return found, err
	}
	m, err := load(k.path("deploy", "kubernetes", "router"))
	if err != nil {
		return found, err
	}
	a, err := loadAdapter(k)
	if err != nil {
		return found, err
	}
	s, err := newStage(filepath.Join(dir, "root"), binary, m)
	if err != nil {
		return found, err
	}
	defer s.strike()
	return append(found, s.rehearse(ctx, a)...), nil
}

// build runs the command that compiles in the Dockerfile, for this machine and into dir.
func build(ctx context.Context, k kit, dir string) (binary string, err error) {
	command, err := buildCommand(k.path("deploy", "docker", "Dockerfile"))
	if err != nil {
		return "", err
	}
	command = strings.ReplaceAll(command, "/out/", dir+"/")
	c := exec.CommandContext(ctx, "sh", "-euc", command)
	c.Dir = k.root
	// Without git: a checkout that belongs to somebody else has no version to give.
	c.Env = append(os.Environ(), "TARGETOS=linux", "TARGETARCH="+runtime.GOARCH, "BUILDVCS=false")
	if out, err := c.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return filepath.Join(dir, "helixrouter"), nil
}

// buildCommand is the shell's part of the one RUN that compiles.
func buildCommand(dockerfile string) (command string, err error) {
	text, err := os.ReadFile(dockerfile)
	if err != nil {
		return "", err
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	stages, _, err := instructions.Parse(parsed.AST, nil)
	if err != nil {
		return "", err
	}
	for _, stage := range stages {
		for _, c := range stage.Commands {
			run, ok := c.(*instructions.RunCommand)
			if ok && strings.Contains(strings.Join(run.CmdLine, " "), "go build") {
				return strings.Join(run.CmdLine, " "), nil
			}
		}
	}
	return "", errors.New("the Dockerfile has no RUN with go build")
}

// dynamic says what a binary would need that an empty image does not have.
func dynamic(binary string) (found []string, err error) {
	f, err := elf.Open(binary)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			found = append(found, fmt.Sprintf("%s has a segment %s: it is not static, and an empty image has no loader for it", filepath.Base(binary), p.Type))
		}
	}
	return found, nil
}
