//go:build !unix

package machine

import "time"

// cpuTime returns -1: the CPU time of the process is unknown here.
func cpuTime() time.Duration { return -1 }
