package decisionlog

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix"
)

const (
	// waiting is how many entries may wait for the disk: a tenth of a second at a hundred
	// thousand jobs a second would be 10,000; a disk that is slower than that loses some.
	waiting = 8192
	// flushEvery is what a crash can cost.
	flushEvery = time.Second
	// defaultMaxBytes is some 300,000 jobs; with the file before it, twice as many are kept.
	defaultMaxBytes = 128 << 20
)

// Options change how a log is written.
type Options struct {
	// MaxBytes is how large a file may become before it is renamed to one with ".1" behind
	// its name, in place of the one before, and a new one is begun. Default 128 MiB.
	MaxBytes int64
	// Failed is told of the disk's first error, with which the log ends. Optional.
	Failed func(error)
}

// Log writes decisions to a file. It implements helix.Tracer, and is safe for concurrent use.
type Log struct {
	began   time.Time
	entries chan helix.TracedJob
	lost    atomic.Uint64
	closing sync.Once
	quit    chan struct{} // closed by Close
	done    chan struct{} // closed when the writer has ended
	err     error         // of the writer; valid once done is closed

	// Of the writer.
	failed  func(error)
	path    string
	most    int64
	file    *os.File
	out     *bufio.Writer
	written int64
}

var _ helix.Tracer = (*Log)(nil)

// Open begins a log. What is in the file is kept as the file before. Times count from now.
func Open(path string, o Options) (*Log, error) {
	l := &Log{
		began: time.Now(), path: path, most: o.MaxBytes, failed: o.Failed,
		entries: make(chan helix.TracedJob, waiting), quit: make(chan struct{}), done: make(chan struct{}),
	}
	if l.most <= 0 {
		l.most = defaultMaxBytes
	}
	if err := l.first(); err != nil {
		return nil, fmt.Errorf("decision log: %w", err)
	}
	go l.write()
	return l, nil
}

// Lost is how many entries the disk was too slow for, or had no form on it.
func (l *Log) Lost() uint64 { return l.lost.Load() }

// Close writes what waits and ends the log. Jobs that end later are not written. The error
// is the first that the disk gave. It may be called more than once.
func (l *Log) Close() error {
	l.closing.Do(func() { close(l.quit) })
	<-l.done
	return l.err
}

// Trace implements helix.Tracer.
func (l *Log) Trace(context.Context) helix.JobTrace { return (*job)(l) }

// Batch implements helix.Tracer.
func (l *Log) Batch(ctx context.Context, _ helix.TracedBatch) (context.Context, func(time.Time, bool)) {
	return ctx, func(time.Time, bool) {}
}

// job is the log as the trace of any job.
type job Log

// Run implements helix.JobTrace.
func (*job) Run(ctx context.Context, _ helix.TracedJob) context.Context { return ctx }

// Returned implements helix.JobTrace.
func (*job) Returned(helix.TracedJob) {}

// Ended implements helix.JobTrace.
func (l *job) Ended(j helix.TracedJob) {
	select {
	case l.entries <- j:
	default:
		l.lost.Add(1)
	}
}

// first puts what is in the file aside and begins a new one. A file that another log writes is left alone.
func (l *Log) first() error {
	info, err := os.Stat(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return l.begin()
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a file: give the path of one", l.path)
	}
	old, err := os.OpenFile(l.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer old.Close()
	if err := lock(old); err != nil {
		return fmt.Errorf("%s is in use by another process: give each its own (%w)", l.path, err)
	}
	if info.Size() > 0 {
		if err := os.Rename(l.path, l.path+".1"); err != nil {
			return err
		}
	}
	return l.begin()
}

func (l *Log) begin() (err error) {
	l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	l.out, l.written = bufio.NewWriterSize(l.file, 1<<16), 0
	_ = lock(l.file) // it is new, or was ours a moment ago; where there are no locks there are none
	return nil
}

// write is the log's goroutine: it ends with Close, or with the first error of the disk.
func (l *Log) write() {
	defer close(l.done)
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	for l.err == nil {
		select {
		case j := <-l.entries:
			l.err = l.put(&j)
		case <-flush.C:
			l.err = l.out.Flush()
		case <-l.quit:
			l.finish()
			return
		}
	}
	_ = l.file.Close()
	if l.failed != nil {
		l.failed(l.err)
	}
}

// finish writes what waits.
func (l *Log) finish() {
	for l.err == nil {
		select {
		case j := <-l.entries:
			l.err = l.put(&j)
			continue
		default:
		}
		l.err = l.out.Flush()
		break
	}
	if err := l.file.Close(); l.err == nil {
		l.err = err
	}
}

func (l *Log) put(j *helix.TracedJob) error {
	text, err := json.Marshal(entryOf(j, l.began))
	if err != nil { // a policy of the user's own may say that a probability is not a number
		l.lost.Add(1)
		return nil
	}
	n, err := l.out.Write(append(text, '\n'))
	if l.written += int64(n); err != nil || l.written < l.most {
		return err
	}
	return l.turn()
}

// turn begins a new file.
func (l *Log) turn() error {
	if err := l.out.Flush(); err != nil {
		return err
	}
	if err := l.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		return err
	}
	return l.begin()
}
