package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// installed is where the units have the binary.
	installed = "/usr/local/bin/helixrouter"
	// exposure is the most that systemd-analyze security may give, in tenths. The units get 12; to lose
	// the filter of system calls or the empty set of capabilities is worth more than the 8 between, and what
	// newer versions of systemd weigh beside that is worth less.
	exposure = "20"
)

// checkUnits hears what systemd says of the units, and holds them against what the
// daemon does. systemd need not run for that.
func checkUnits(ctx context.Context, k kit) (found []string, err error) {
	files, err := filepath.Glob(k.path("deploy", "systemd", "*.service"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no units in deploy/systemd: %v", err)
	}
	dir, remove, err := workFolder()
	if err != nil {
		return nil, err
	}
	defer remove()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return found, err
		}
		for _, f := range unitFaults(string(text)) {
			found = append(found, filepath.Base(file)+": "+f)
		}
		said, err := analyze(ctx, dir, filepath.Base(file), string(text))
		for _, f := range said {
			found = append(found, filepath.Base(file)+": "+f)
		}
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// analyze asks systemd-analyze about a copy that starts a program that there is.
func analyze(ctx context.Context, dir, name, text string) (found []string, err error) {
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	unit := filepath.Join(dir, name)
	if err := os.WriteFile(unit, []byte(strings.ReplaceAll(text, installed, self)), 0o644); err != nil {
		return nil, err
	}
	// An unknown key is a line, not an error.
	out, err := exec.CommandContext(ctx, program, "verify", "--man=no", unit).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		found = append(found, strings.TrimSpace(line))
	}
	if err != nil {
		found = append(found, fmt.Sprintf("systemd-analyze verify: %v", err))
	}
	out, err = exec.CommandContext(ctx, program, "security", "--no-pager", "--offline=yes", "--threshold="+exposure, unit).CombinedOutput()
	if err != nil {
		found = append(found, fmt.Sprintf("systemd-analyze security --threshold=%s: %v\n%s", exposure, err, out))
	}
	return found, nil
}

// unitFaults holds a unit against the daemon's exit codes and its drain.
func unitFaults(text string) (found []string) {
	if len(settings(text, "ExecStart")) != 1 || !strings.HasPrefix(settings(text, "ExecStart")[0], installed+" ") {
		found = append(found, "ExecStart does not run "+installed)
	}
	if kind := settings(text, "Type"); !slices.Equal(kind, []string{"exec"}) {
		found = append(found, fmt.Sprintf("Type is %q: want exec, since the daemon sends no notification", kind))
	}
	codes := strings.Fields(strings.Join(settings(text, "RestartPreventExitStatus"), " "))
	for _, code := range []string{"2", "3"} {
		if !slices.Contains(codes, code) {
			found = append(found, "RestartPreventExitStatus lacks "+code+": a fault that only a person can mend would be started again")
		}
	}
	stop := strings.Join(settings(text, "TimeoutStopSec"), " ")
	if d, err := time.ParseDuration(stop); err != nil || d <= defaultDrain+lastSave {
		found = append(found, fmt.Sprintf("TimeoutStopSec is %q: want seconds, more than the %s that drain and last save take", stop, defaultDrain+lastSave))
	}
	if len(settings(text, "DynamicUser")) == 0 || len(settings(text, "StateDirectory")) == 0 {
		found = append(found, "want DynamicUser and a StateDirectory for what is learned")
	}
	return found
}

// settings are the values of a key, in order. Comments and continued lines are not.
func settings(text, key string) (values []string) {
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && name == key {
			values = append(values, value)
		}
	}
	return values
}
