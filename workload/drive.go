package workload

import (
	"context"
	"errors"
	"iter"
	"sync"

	"github.com/helixrouter/helix"
)

// Summary counts how the jobs of a run ended. Each ended in exactly one way.
type Summary struct {
	Completed int // gave a result
	Shed      int // refused at the door
	Expired   int // waited past the budget or deadline
	Panicked  int // the kernel panicked
	Failed    int // the kernel, or the job record, was at fault
	Canceled  int // the run's context ended first, or the router closed

	FirstFailure error // of the first job that failed or panicked; nil = none did
}

// Done is how many jobs ended, however they did.
func (s Summary) Done() int {
	return s.Completed + s.Shed + s.Expired + s.Panicked + s.Failed + s.Canceled
}

// Run submits the jobs with at most concurrency of them in flight, and returns when
// all have ended. It is a closed loop: a new job waits until another has ended, so
// it cannot overload a router for long, and says nothing of how one would fare at
// an arrival rate of its own.
//
// When ctx ends, no further job is taken; those in flight end as canceled.
// progress, if not nil, is called after each end with the number of ends so far,
// on the goroutine that called Run. A concurrency below 1 is 1.
func Run(ctx context.Context, r *helix.Router, jobs iter.Seq[helix.Job], concurrency int, progress func(done int)) Summary {
	submit := func(job helix.Job) error {
		_, err := r.Submit(ctx, job)
		return err
	}
	return drive(ctx, submit, jobs, max(concurrency, 1), progress)
}

// drive owns the workers: it starts them, feeds them and waits for them.
func drive(ctx context.Context, submit func(helix.Job) error, jobs iter.Seq[helix.Job], concurrency int, progress func(int)) Summary {
	var workers sync.WaitGroup
	in, ends := make(chan helix.Job), make(chan error) // closed by drive; closed when the workers are gone
	for range concurrency {
		workers.Go(func() {
			for job := range in {
				ends <- submit(job)
			}
		})
	}
	var s Summary
	settle := func(err error) {
		s.count(ctx, err)
		if progress != nil {
			progress(s.Done())
		}
	}
	feed(ctx, jobs, in, ends, settle)
	close(in)
	go func() {
		workers.Wait()
		close(ends)
	}()
	for err := range ends {
		settle(err)
	}
	return s
}

// feed hands the jobs to whichever worker is free and settles what ends meanwhile,
// until the jobs or the context end.
func feed(ctx context.Context, jobs iter.Seq[helix.Job], in chan<- helix.Job, ends <-chan error, settle func(error)) {
	for job := range jobs {
		for taken := false; !taken; {
			if ctx.Err() != nil {
				return // select would choose at random between this and a free worker
			}
			select {
			case in <- job:
				taken = true
			case err := <-ends:
				settle(err)
			case <-ctx.Done():
				return
			}
		}
	}
}

func (s *Summary) count(ctx context.Context, err error) {
	var panicked *helix.PanicError
	switch {
	case err == nil:
		s.Completed++
	case errors.Is(err, helix.ErrShed):
		s.Shed++
	case errors.Is(err, helix.ErrExpired):
		s.Expired++
	case errors.As(err, &panicked):
		s.Panicked++
		s.keep(err)
	case errors.Is(err, helix.ErrClosed), ctx.Err() != nil && errors.Is(err, ctx.Err()):
		s.Canceled++
	default:
		s.Failed++
		s.keep(err)
	}
}

func (s *Summary) keep(failure error) {
	if s.FirstFailure == nil {
		s.FirstFailure = failure
	}
}
