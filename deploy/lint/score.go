package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// ignored are the tests of kube-score that do not fit, with why.
var ignored = map[string]string{
	"container-image-pull-policy":         "a version is never pushed twice, so a node that has it needs no registry to start a pod",
	"deployment-has-host-podantiaffinity": "topologySpreadConstraints do that, and mind zones too",
}

// checkScore wants kube-score to have nothing to say, warnings among it.
func checkScore(ctx context.Context, k kit) (found []string, err error) {
	here, err := filepath.Abs(k.path("deploy", "lint"))
	if err != nil {
		return nil, err
	}
	for _, dir := range k.kustomizations() {
		text, err := render(dir)
		if err != nil {
			return found, err
		}
		lines, err := score(ctx, here, text)
		if err != nil {
			return found, err
		}
		for _, line := range lines {
			found = append(found, filepath.Base(dir)+": "+line)
		}
	}
	return found, nil
}

// score returns kube-score's findings.
func score(ctx context.Context, module string, manifests []byte) ([]string, error) {
	args := []string{"tool", "-modfile=tools.mod", "kube-score", "score", "--output-format=ci", "--exit-one-on-warning"}
	for name := range ignored {
		args = append(args, "--ignore-test="+name)
	}
	c := exec.CommandContext(ctx, "go", append(args, "-")...)
	c.Dir, c.Stdin = module, bytes.NewReader(manifests)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	var found []string
	ok := 0
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "[OK]"):
			ok++
		case line != "" && !strings.HasPrefix(line, "[SKIPPED]"):
			found = append(found, line)
		}
	}
	if ok == 0 || err != nil && len(found) == 0 { // it could not look
		return nil, fmt.Errorf("kube-score: %d tests passed, %v\n%s", ok, err, &stderr)
	}
	return found, nil
}
