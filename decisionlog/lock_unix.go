//go:build unix

package decisionlog

import (
	"os"
	"syscall"
)

// lock keeps others from taking the file for theirs, until it is closed.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
