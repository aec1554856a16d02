//go:build !linux

package loadgen

import "time"

// napper sleeps as exactly as the runtime does.
type napper struct{}

func newNapper(bool) *napper { return &napper{} }

func (*napper) nap(d time.Duration) { time.Sleep(d) }

func (*napper) close() {}
