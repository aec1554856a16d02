package filewatch

import (
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// quiet is how long nothing may happen before the file is read: writing a file makes
	// several events, and editors move files to and fro.
	quiet = 50 * time.Millisecond
	// longest bounds the wait for quiet in a directory that never is.
	longest = 300 * time.Millisecond
	// pollEvery is the net under the events, which network file systems do not send.
	pollEvery = 5 * time.Second
	// mostBytes bounds what is read to tell contents apart. What comes after it does not
	// count; a file of that size is no configuration.
	mostBytes = 2 << 20
)

// Watch is one file under watch. Make it with New before the file is read for the first
// time, so that no change is missed.
type Watch struct {
	path string
	log  *slog.Logger
	last content
}

// content tells files apart; a file that cannot be read has one too.
type content [sha256.Size]byte

// New returns a watch of the file at path as it is now.
func New(path string, log *slog.Logger) *Watch {
	if whole, err := filepath.Abs(path); err == nil { // else it cannot be read either
		path = whole
	}
	return &Watch{path: path, log: log, last: contentOf(path)}
}

func contentOf(path string) (c content) {
	f, err := os.Open(path)
	if err != nil {
		return c
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, io.LimitReader(f, mostBytes)); err != nil {
		return c
	}
	return content(hash.Sum(nil))
}

// Changed reports whether the file is another one than at the last call, or at New.
func (w *Watch) Changed() bool {
	now := contentOf(w.path)
	changed := now != w.last
	w.last = now
	return changed
}

// Run calls changed, on its own goroutine, whenever the content is another one, until ctx
// ends: some 50 ms after the last event of a change, or within 5 s without events. What
// comes over force makes it call at once, whatever the content. changed says
// after which time it wants to be called again without a change, 0 for not.
func (w *Watch) Run(ctx context.Context, changed func() (again time.Duration), force <-chan os.Signal) {
	events, follow, end := w.events()
	defer end()
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	look := time.NewTimer(0) // what has changed since New
	defer look.Stop()
	var since time.Time // of the first event that waits for quiet; zero = none
	forced := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-events:
			if since.IsZero() {
				since = time.Now()
			}
			look.Reset(min(quiet, max(0, longest-time.Since(since))))
		case <-force:
			forced = true
			look.Reset(0)
		case <-poll.C:
			look.Reset(0)
		case <-look.C:
			since = time.Time{}
			follow() // links may lead elsewhere now, and directories be made anew
			if w.Changed() || forced {
				again := changed()
				if forced = again > 0; forced {
					look.Reset(again)
				}
			}
		}
	}
}

// events returns the events of all directories that the file's name leads through, what
// brings those up to date, and the end.
func (w *Watch) events() (events <-chan fsnotify.Event, follow, end func()) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil { // such as when the user's limit of inotify instances is reached
		w.log.Warn("no events of the file system: a changed file is noticed within 5 s only", slog.String("path", w.path), slog.Any("error", err))
		return nil, func() {}, func() {}
	}
	done := make(chan struct{})
	go func() { // an overflow loses events, so it is one
		defer close(done)
		for err := range watcher.Errors {
			w.log.Debug("watching a file", slog.String("path", w.path), slog.Any("error", err))
		}
	}()
	set := directories{}
	return watcher.Events, func() { set.follow(watcher, w.path) }, func() {
		_ = watcher.Close()
		<-done
	}
}
