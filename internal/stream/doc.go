// Package stream owns the live stream of decisions: one goroutine reads the router
// while anybody listens, encodes each decision once and cuts them into frames that all
// readers share. It must never make a submit wait, know what a path or a query is, or
// decide which decisions the router records.
//
// # A reader that is too slow
//
// The last frames are kept, bounded in number and bytes. A reader is told where it
// stands by the number of its last decision, so whatever it misses, for whatever
// reason, shows as a gap before a frame. It is told with an event of the type "lost" and
// goes on with the newest frame. Decisions are events without a type, so that readers
// which know only those are not disturbed.
//
// # Goroutines
//
// The first reader starts one, the last one's leaving or Close ends it, and Close waits.
// It takes Hub.mu and session.mu, each alone. Readers run on the goroutines of their
// requests.
package stream
