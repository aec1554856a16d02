// Package filewatch owns the question whether the content of one file has changed,
// however it was replaced: written in place, renamed over, behind a symbolic link that
// was swapped (as Kubernetes does with ..data), deleted and made again. It must never know
// what is in the file.
//
// Events only say when to look; whether there is something new is decided by the content.
// A look every few seconds stands in where events are missing.
//
// Run is one loop on the caller's goroutine, and fsnotify has one of its own until Run
// returns.
package filewatch
