// Package place owns the description of where and when a result was measured:
// machine, Go version, commit. A number without it says nothing. It must never
// fail: what cannot be found out is "unknown".
package place

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Place is where and when a result was measured.
type Place struct {
	CPU    string    `json:"cpu"`
	CPUs   int       `json:"cpus"`
	OS     string    `json:"os"`
	Go     string    `json:"go"`
	Commit string    `json:"commit"` // with "+" where the tree was not clean
	At     time.Time `json:"at"`
}

// Here describes this machine, now.
func Here() Place {
	return Place{
		CPU: model(), CPUs: runtime.NumCPU(), OS: runtime.GOOS + "/" + runtime.GOARCH + kernel(),
		Go: runtime.Version(), Commit: commit(), At: time.Now().UTC().Truncate(time.Second),
	}
}

// String is one line of Markdown.
func (p Place) String() string {
	return fmt.Sprintf("%d x %s, %s, %s, commit %s, %s", p.CPUs, p.CPU, p.OS, p.Go, p.Commit, p.At.Format(time.RFC3339))
}

const unknown = "unknown"

// model is the CPU's name where Linux tells it.
func model() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

func kernel() string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return ""
	}
	return " " + strings.TrimSpace(string(text))
}

// commit asks git: a binary of "go run" does not know its own. Results are left out
// of the question whether the tree is clean, since a run writes them.
func commit() string {
	hash, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return unknown
	}
	changed, err := exec.Command("git", "status", "--porcelain", "--", ":/", ":(exclude,top)bench/results").Output()
	if err != nil || len(changed) > 0 {
		return strings.TrimSpace(string(hash)) + "+"
	}
	return strings.TrimSpace(string(hash))
}
