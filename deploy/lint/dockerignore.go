package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// checkDockerignore wants every tracked file in the build's context: git would miss it
// there and the binary call itself modified.
func checkDockerignore(ctx context.Context, k kit) (found []string, err error) {
	text, err := os.ReadFile(k.path(".dockerignore"))
	if err != nil {
		return nil, err
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, fmt.Errorf(".dockerignore: %w", err)
	}
	tracked, err := exec.CommandContext(ctx, "git", "-C", k.root, "ls-files", "-z").Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files in %s: %w", k.root, err)
	}
	for name := range bytes.SplitSeq(bytes.TrimSuffix(tracked, []byte{0}), []byte{0}) {
		ignored, err := matcher.MatchesOrParentMatches(string(name))
		if err != nil {
			return nil, err
		}
		if ignored {
			found = append(found, fmt.Sprintf(".dockerignore leaves %s out, which git tracks", name))
		}
	}
	if ignored, err := matcher.MatchesOrParentMatches(".git/HEAD"); err != nil || ignored {
		found = append(found, ".dockerignore leaves .git out: the binary would not know its version")
	}
	return found, nil
}
