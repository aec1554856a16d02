package filewatch_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/helixrouter/helix/internal/filewatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watched runs a watch on a file and returns where its calls come: what is read then.
func watched(t *testing.T, path string, again time.Duration) (contents chan string, force chan os.Signal) {
	t.Helper()
	w := filewatch.New(path, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	contents, force = make(chan string, 100), make(chan os.Signal)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx, func() time.Duration {
			text, err := os.ReadFile(path)
			if err != nil {
				text = []byte("missing")
			}
			contents <- string(text)
			return again
		}, force)
	}()
	t.Cleanup(func() { cancel(); <-done })
	time.Sleep(50 * time.Millisecond) // it has begun to watch
	return contents, force
}

// within wants a content to be seen within a second, which is what the daemon promises.
func within(t *testing.T, contents chan string, want string) {
	t.Helper()
	timeout := time.After(time.Second)
	for {
		select {
		case got := <-contents:
			if got == want {
				return
			}
		case <-timeout:
			t.Fatalf("%q was not seen within a second", want)
		}
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryWayToChangeAFileIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	put(t, path, "1")
	contents, _ := watched(t, path, 0)
	put(t, path, "2") // in place
	within(t, contents, "2")
	put(t, path+".new", "3")
	must(t, os.Rename(path+".new", path)) // over it
	within(t, contents, "3")
	must(t, os.Remove(path))
	within(t, contents, "missing")
	put(t, path, "4") // made again
	within(t, contents, "4")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	must(t, err)
	defer f.Close()
	for range 3 { // by and by
		_, err = f.WriteString("5")
		must(t, err)
		time.Sleep(20 * time.Millisecond)
	}
	within(t, contents, "4555")
	must(t, os.Rename(path, path+"~")) // as some editors do
	put(t, path, "6")
	within(t, contents, "6")
}

// links makes links, which needs a right on Windows.
func links(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs symbolic links")
	}
}

// Kubernetes puts ..data, a link to a directory, in the place of the one before.
func TestALinkedDirectoryIsSwapped(t *testing.T) {
	links(t)
	dir := t.TempDir()
	swap := func(version, text string) {
		must(t, os.Mkdir(filepath.Join(dir, version), 0o700))
		put(t, filepath.Join(dir, version, "c.json"), text)
		must(t, os.Symlink(version, filepath.Join(dir, "..data_tmp")))
		must(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	}
	swap("..1", "1")
	must(t, os.Symlink(filepath.Join("..data", "c.json"), filepath.Join(dir, "c.json")))
	contents, _ := watched(t, filepath.Join(dir, "c.json"), 0)
	for version, text := range []string{"2", "3", "4"} {
		swap("..v"+text, text)
		within(t, contents, text)
		if version > 0 {
			must(t, os.RemoveAll(filepath.Join(dir, "..v2")))
		}
	}
	put(t, filepath.Join(dir, "..v4", "c.json"), "5") // behind the links
	within(t, contents, "5")
}

// A link anywhere on the way may be swapped.
func TestALinkOnTheWayIsSwapped(t *testing.T) {
	links(t)
	dir := t.TempDir()
	for _, version := range []string{"1", "2"} {
		must(t, os.MkdirAll(filepath.Join(dir, "releases", version, "etc"), 0o700))
		put(t, filepath.Join(dir, "releases", version, "etc", "c.json"), version)
	}
	must(t, os.Symlink(filepath.Join(dir, "releases", "1"), filepath.Join(dir, "current")))
	contents, _ := watched(t, filepath.Join(dir, "current", "etc", "c.json"), 0)
	must(t, os.Symlink(filepath.Join(dir, "releases", "2"), filepath.Join(dir, "next")))
	must(t, os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "current")))
	within(t, contents, "2")
}

func TestTheSameContentIsNoChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	put(t, path, "1")
	contents, force := watched(t, path, 0)
	put(t, path, "1")
	put(t, path+".other", "2")
	time.Sleep(300 * time.Millisecond)
	if n := len(contents); n != 0 {
		t.Errorf("%d changes", n)
	}
	force <- os.Interrupt
	within(t, contents, "1")
}

func TestItIsCalledAgainOnDemand(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.json")
	put(t, path, "1")
	contents, _ := watched(t, path, 100*time.Millisecond)
	put(t, path, "2")
	within(t, contents, "2")
	within(t, contents, "2")
}

// A change before Run begins is one too, and what is beside a directory that is missing
// is found by looking now and then.
func TestWhatEventsDoNotShow(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	path := filepath.Join(dir, "c.json")
	contents, _ := watched(t, path, 0)
	must(t, os.Mkdir(dir, 0o700))
	put(t, path, "1")
	select {
	case got := <-contents:
		if got != "1" {
			t.Errorf("got %q", got)
		}
	case <-time.After(8 * time.Second):
		t.Error("never seen")
	}
}
