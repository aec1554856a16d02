package loadgen

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// napper sleeps with a timer of the kernel beside the runtime's own, and wakes by
// whichever fires first. While cores are busy that is the runtime's, which the next
// goroutine to yield looks at. While all are idle the runtime waits in epoll_wait, which
// counts in whole milliseconds; there it is the kernel's, which ends that wait.
type napper struct {
	timer *os.File // a timerfd; nil if there is none to be had
	fd    int
	wake  chan struct{}
	group sync.WaitGroup
}

func newNapper(kernelTimer bool) *napper {
	n := &napper{wake: make(chan struct{}, 1)}
	if !kernelTimer {
		return n
	}
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return n // naps are then as exact as the runtime's
	}
	n.fd, n.timer = fd, os.NewFile(uintptr(fd), "timerfd")
	n.group.Go(n.listen)
	return n
}

// listen passes on that the kernel's timer has fired, until it is closed.
func (n *napper) listen() {
	var expirations [8]byte
	for {
		if _, err := n.timer.Read(expirations[:]); err != nil {
			return
		}
		select {
		case n.wake <- struct{}{}:
		default:
		}
	}
}

// nap returns after d, or earlier for a nap that ended before; the caller looks at the clock.
func (n *napper) nap(d time.Duration) {
	if n.timer != nil {
		spec := unix.ItimerSpec{Value: unix.NsecToTimespec(max(d.Nanoseconds(), 1))}
		if err := unix.TimerfdSettime(n.fd, 0, &spec, nil); err != nil {
			panic("timerfd_settime: " + err.Error()) // only for arguments that are wrong
		}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-n.wake:
	}
}

func (n *napper) close() {
	if n.timer != nil {
		_ = n.timer.Close() // nothing was written
		n.group.Wait()
	}
}
