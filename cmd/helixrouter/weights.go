package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/internal/weights"
)

const (
	// saveEvery is the most that a crash can cost: a minute of what a router learns is
	// a fraction of what it remembers, and a file of some KB a minute wears out no disk.
	saveEvery = time.Minute
	// lastSaveMost bounds how long the end of the daemon waits for a disk that hangs.
	// Saving takes milliseconds.
	lastSaveMost = 2 * time.Second
)

// keeper carries what is learned from one life of the daemon to the next. Its fields
// are written before start and from then on by its goroutine alone.
type keeper struct {
	path   string // "" = nothing is loaded or saved
	router *helix.Router
	log    *slog.Logger
	every  time.Duration
	saved  uint64 // samples that the file has
	warned bool   // that it cannot be saved; again after it could

	stop chan struct{} // closed by close: save once more and end
	done chan struct{} // closed when the goroutine has ended; nil when none was started
}

// newKeeper returns a keeper that has loaded what there is. No fault of the file
// keeps the daemon from starting.
func newKeeper(s *settings, r *helix.Router, log *slog.Logger) *keeper {
	k := &keeper{path: s.weights, router: r, log: log, every: s.saveEvery, stop: make(chan struct{})}
	if r.Config().Learner == learn.Off.String() {
		k.path = ""
	}
	if k.path != "" {
		k.load(time.Now())
	}
	k.saved = r.NeuralSnapshot().SampleCount
	return k
}

// load restores the router from the file. Where it is not certain that saving would
// destroy nothing, nothing is saved in this life.
func (k *keeper) load(now time.Time) {
	if err := weights.Sweep(k.path, now); err != nil {
		k.log.Debug("unfinished weights were left", slog.Any("error", err))
	}
	s, err := weights.Load(k.path)
	if err == nil {
		if err = k.router.RestoreNeural(s); err != nil { // a file that Load believes
			err = &weights.FaultError{Path: k.path, Reason: weights.Invalid, Err: err}
		}
	}
	var fault *weights.FaultError
	switch {
	case err == nil:
		k.log.Info("weights loaded", slog.String("path", k.path), slog.Uint64("samples", s.SampleCount))
	case errors.Is(err, fs.ErrNotExist):
		k.log.Debug("no weights to load: learning starts afresh", slog.String("path", k.path))
	case errors.As(err, &fault):
		k.setAside(fault, now)
	default:
		k.log.Warn("the weights cannot be read: learning starts afresh, and is not saved; correct that or set --weights", slog.Any("error", err))
		k.path = ""
	}
}

func (k *keeper) setAside(fault *weights.FaultError, now time.Time) {
	kept, err := weights.SetAside(k.path, fault.Reason, now)
	if kept != "" {
		k.log.Warn("the weights are of no use: learning starts afresh, and the file is kept aside",
			slog.String("reason", string(fault.Reason)), slog.Any("error", fault), slog.String("kept", kept))
		return
	}
	k.log.Warn("the weights are of no use and cannot be kept aside: learning starts afresh, and is not saved; move the file or set --weights",
		slog.String("reason", string(fault.Reason)), slog.Any("error", errors.Join(fault, err)))
	k.path = ""
}

// start begins to save now and then. close ends that.
func (k *keeper) start() {
	if k.path == "" {
		return
	}
	k.done = make(chan struct{})
	go k.run(k.done)
}

func (k *keeper) run(done chan<- struct{}) {
	defer close(done)
	ticker := time.NewTicker(k.every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			k.save()
		case <-k.stop:
			k.save()
			return
		}
	}
}

// save writes what is new. It says once that it cannot.
func (k *keeper) save() {
	s := k.router.NeuralSnapshot()
	if s.SampleCount == k.saved {
		return
	}
	if err := weights.Save(k.path, s); err != nil {
		level := slog.LevelDebug
		if !k.warned {
			level = slog.LevelWarn
		}
		k.warned = true
		k.log.LogAttrs(context.Background(), level, "the weights cannot be saved: what is learned ends with this process, unless it succeeds later; set --weights or HELIX_WEIGHTS_PATH", slog.Any("error", err))
		return
	}
	if k.warned {
		k.log.Info("the weights can be saved again", slog.String("path", k.path))
	}
	k.saved, k.warned = s.SampleCount, false
	k.log.Debug("weights saved", slog.String("path", k.path), slog.Uint64("samples", s.SampleCount))
}

// close saves once more and waits for that, but not for ever. It is called once.
func (k *keeper) close() {
	if k.done == nil {
		return
	}
	close(k.stop)
	timer := time.NewTimer(lastSaveMost)
	defer timer.Stop()
	select {
	case <-k.done:
	case <-timer.C:
		k.log.Warn("the weights were not saved in time: what was learned since the last save is lost", slog.String("path", k.path))
	}
}
