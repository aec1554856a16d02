//go:build unix

package machine

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time of the process, of user and system, or -1.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return -1
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
