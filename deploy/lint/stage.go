package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	// nobody is the user of the image and of the pods.
	nobody = 65532
	// startTime and stopTime bound a rehearsal. An idle daemon starts in 50 ms and stops in 2; the
	// rest is for machines that do ten things at once.
	startTime = 20 * time.Second
	stopTime  = 20 * time.Second
	// burst is enough to learn from: of 1,000 jobs of the mix some 250 go where there is a choice,
	// of 100 none may.
	burst = `{"jobs": 2000, "seed": 7}`
)

// stage is a folder with what a router's pod sees: the binary, the configuration and a
// place for weights. As root it becomes the file system of the process, which then runs as
// nobody; otherwise the paths in its settings are led into it.
type stage struct {
	root    string
	binary  string
	args    []string
	environ []string
}

// newStage lays out the pod of the one Deployment in m.
func newStage(root, binary string, m *manifests) (*stage, error) {
	pod := m.deployments[0].Spec.Template.Spec
	s := &stage{root: root, binary: installed, args: pod.Containers[0].Args}
	for _, dir := range []string{"usr/local/bin", "etc/helix", "var/lib/helix"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return nil, err
		}
	}
	if err := os.Rename(binary, filepath.Join(root, installed)); err != nil {
		return nil, err
	}
	for _, c := range m.configs {
		for name, text := range c.Data {
			if err := os.WriteFile(filepath.Join(root, "etc/helix", name), []byte(text), 0o644); err != nil {
				return nil, err
			}
		}
	}
	for _, e := range pod.Containers[0].Env {
		s.environ = append(s.environ, s.variable(e))
	}
	if os.Geteuid() != 0 {
		s.binary = filepath.Join(root, installed)
		return s, os.Chmod(root, 0o555) // strike makes it removable again
	}
	return s, os.Chown(filepath.Join(root, "var/lib/helix"), nobody, nobody)
}

// strike undoes what would keep the folder from being removed.
func (s *stage) strike() { _ = os.Chmod(s.root, 0o755) }

// variable is one of the environment. What a Secret would hold is a stand-in.
func (s *stage) variable(e corev1.EnvVar) string {
	value := e.Value
	if e.ValueFrom != nil {
		value = "a-secret-of-the-rehearsal"
	}
	if os.Geteuid() != 0 && strings.HasPrefix(value, "/") {
		value = filepath.Join(s.root, value)
	}
	return e.Name + "=" + value
}

// rehearse runs the router twice, with weights and without, and says what went wrong.
func (s *stage) rehearse(ctx context.Context, a adapter) (found []string) {
	for _, args := range [][]string{nil, {"--weights="}} {
		if err := s.life(ctx, a, args...); err != nil {
			found = append(found, fmt.Sprintf("helixrouter %s: %v", strings.Join(append(s.args, args...), " "), err))
		}
	}
	saved := filepath.Join(s.root, "var/lib/helix/helix_weights.json")
	if _, err := os.Stat(saved); err != nil {
		found = append(found, fmt.Sprintf("what was learned was not saved: %v", err))
	}
	return append(found, s.strays()...)
}

// strays are files that were written where a pod cannot write.
func (s *stage) strays() (found []string) {
	_ = filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(s.root, path)
		expected := strings.HasPrefix(name, "etc/helix/") || strings.HasPrefix(name, "var/lib/helix/") || "/"+name == installed
		if err == nil && !d.IsDir() && !expected {
			found = append(found, "the daemon wrote "+name)
		}
		return err
	})
	return found
}

// life is one run, from start to drain.
func (s *stage) life(ctx context.Context, a adapter, more ...string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, startTime+stopTime)
	defer cancel()
	// A free port of loopback in place of the pod's.
	c := exec.CommandContext(ctx, s.binary, append(append([]string{}, s.args...), append(more, "--addr=127.0.0.1:0")...)...)
	c.Env, c.Dir, c.WaitDelay = s.environ, "/", time.Second
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Chroot: s.root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	} else {
		c.Dir = s.root
	}
	var stderr bytes.Buffer
	c.Stderr = &stderr
	stdout, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	url, err := address(stdout)
	if err == nil {
		err = ask(ctx, url, a)
	}
	_ = c.Process.Signal(syscall.SIGTERM) // it may have ended
	ended := c.Wait()
	if err = errors.Join(err, ended); err == nil && strings.Contains(stderr.String(), `"level":"WARN"`) {
		err = errors.New("it warns")
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, &stderr)
	}
	return nil
}

// address is where the daemon says that it serves.
func address(stdout io.Reader) (string, error) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "serving on "); ok {
			return url, nil
		}
	}
	return "", errors.New("it ended before it served")
}

// ask probes as the kubelet does, gives the router something to learn, and looks for the
// autoscalers' metrics.
func ask(ctx context.Context, url string, a adapter) error {
	for _, path := range []string{"/livez", "/readyz"} {
		if _, err := get(ctx, http.MethodGet, url+path, ""); err != nil {
			return err
		}
	}
	if _, err := get(ctx, http.MethodPost, url+"/api/simulate", burst); err != nil {
		return err
	}
	if err := settled(ctx, url); err != nil {
		return err
	}
	text, err := get(ctx, http.MethodGet, url+"/metrics", "")
	if err != nil {
		return err
	}
	for _, r := range a.Rules.Custom {
		if !strings.Contains(text, "\n"+r.exported()+" ") {
			return fmt.Errorf("/metrics has no %s, which adapter.yaml looks for", r.exported())
		}
	}
	return nil
}

// settled waits until the router has learned something.
func settled(ctx context.Context, url string) error {
	for {
		text, err := get(ctx, http.MethodGet, url+"/api/neural", "")
		if err != nil || !strings.Contains(text, `"sample_count":0`) {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the router learned nothing from %s: %s", burst, text)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func get(ctx context.Context, method, url, body string) (string, error) {
	q, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return "", err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, 1<<20))
	if err == nil && a.StatusCode >= 300 {
		err = fmt.Errorf("%s %s: %s: %s", method, url, a.Status, text)
	}
	return string(text), err
}
