package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/configfile"
	"github.com/helixrouter/helix/internal/filewatch"
)

// halfWritten is how long an invalid file gets to become a valid one before anybody is
// told: whoever writes it in place may be half-way. With what the watch waits for quiet
// it stays well below the second within which a fault is told.
const halfWritten = 300 * time.Millisecond

// reloader keeps the router's configuration that of the file. A reload makes the whole
// configuration as the start does, flags before environment before file before defaults,
// so that what PATCH has set in the meantime ends with it.
type reloader struct {
	source configfile.Source // Path "" = no file
	router *helix.Router
	log    *slog.Logger
	watch  *filewatch.Watch // nil without a file

	hangup chan os.Signal // written by os/signal; read by the watch
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended; nil when none was started

	suspect string    // an invalid file's faults that have not been told yet; owned by the goroutine
	since   time.Time // when that was first seen; of the watch
	told    string    // the faults that were told last; owned by the goroutine

	mu        sync.Mutex
	fault     string    // what is wrong with the file now, "" = nothing; guarded by mu
	succeeded time.Time // the last time that it was taken; guarded by mu
}

// newReloader is called before the file is read for the first time, so that no change is
// missed.
func newReloader(source configfile.Source, log *slog.Logger) *reloader {
	r := &reloader{source: source, log: log, hangup: make(chan os.Signal, 1), succeeded: time.Now()}
	if source.Path != "" {
		r.watch = filewatch.New(source.Path, log)
	}
	return r
}

// start begins to follow the file and SIGHUP. close ends that.
func (r *reloader) start(router *helix.Router) {
	r.router = router
	signal.Notify(r.hangup, syscall.SIGHUP) // without a file too: it must not end the daemon
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(context.Background())
	r.done = make(chan struct{})
	go func() {
		defer close(r.done)
		if r.watch != nil {
			r.watch.Run(ctx, r.reload, r.hangup)
			return
		}
		r.refuse(ctx)
	}()
}

// refuse answers SIGHUP where there is nothing to reload.
func (r *reloader) refuse(ctx context.Context) {
	for {
		select {
		case <-r.hangup:
			r.log.Warn("there is no configuration file to reload: set --config or HELIX_CONFIG_PATH")
		case <-ctx.Done():
			return
		}
	}
}

// close ends the following and waits for it.
func (r *reloader) close() {
	if r.done == nil {
		return
	}
	signal.Stop(r.hangup)
	r.cancel()
	<-r.done
}

// reload takes the file as it is now, or keeps the configuration and says why. It returns
// after which time to look again, 0 for when the file changes.
func (r *reloader) reload() (again time.Duration) {
	effective, err := configfile.Load(r.source)
	if err == nil {
		err = r.router.SetConfig(effective.Config)
	}
	if err == nil {
		r.taken()
		return 0
	}
	faults := strings.ReplaceAll(err.Error(), "\n", "; ")
	if faults != r.told {
		if faults != r.suspect {
			r.suspect, r.since = faults, time.Now()
		}
		// One write can be several changes, each of which asks for a look.
		if left := halfWritten - time.Since(r.since); left > 0 {
			return left
		}
	}
	r.refused(faults)
	return 0
}

func (r *reloader) taken() {
	r.mu.Lock()
	r.fault, r.succeeded = "", time.Now()
	r.mu.Unlock()
	r.suspect, r.told = "", ""
	r.log.Info("configuration reloaded", slog.String("path", r.source.Path))
}

// refused tells once of each set of faults.
func (r *reloader) refused(faults string) {
	r.mu.Lock()
	r.fault = faults
	r.mu.Unlock()
	if faults != r.told {
		r.log.Error("the configuration file was refused: the last good configuration stays until the file is corrected",
			slog.String("path", r.source.Path), slog.String("faults", faults))
	}
	r.suspect, r.told = "", faults
}

// last reports whether the file that is there now was taken, and when one was the last
// time.
func (r *reloader) last() (ok bool, succeeded time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fault == "", r.succeeded
}

// notes are what /readyz says of the file.
func (r *reloader) notes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == "" {
		return nil
	}
	return []string{"the configuration file was refused, the last good configuration is in force: " + r.fault}
}
