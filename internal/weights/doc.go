// Package weights owns the file in which what was learned survives the process:
// its form, what of it is believed, and how it is written so that a crash leaves
// the old file or the new one, never half of either. It must never decide when to
// load or save, or log: the daemon does.
//
// The file is a helix.NeuralSnapshot as JSON, the same text as GET /api/neural.
//
// # What is believed
//
// Load returns a snapshot that a learner takes, or an error. A *FaultError means
// that the file can be read and is of no use: cut off, not JSON, of somebody else,
// of a newer format, or with a number that no learner writes. SetAside then renames
// it, so that a person can look at it and the next Save does not destroy it. Any
// other error says that the file could not be read, which is no reason to touch it.
//
// # Concurrency
//
// The functions keep nothing between calls. Two processes that save to one path do
// not mix their bytes: the last rename wins.
package weights
