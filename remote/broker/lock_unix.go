//go:build unix

package broker

import (
	"os"
	"syscall"
)

// lock claims an open file until it is closed, or its process ends in whatever way.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
