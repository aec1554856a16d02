// Package history owns what a router did in the last five minutes, second by second: the
// differences between looks at it. It must never know a path, write to the router, or
// keep more than its ring.
//
// One goroutine looks, from Start to Close; it takes the router's locks as Stats does,
// and Recorder.mu alone.
package history
