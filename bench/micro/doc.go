// Package micro owns the price lists: what each path of Helix costs for a job that
// does nothing, beside what a Go program would use instead. It must never compare
// what does different things: within one benchmark each row gives its caller the
// result of a function, under the same bound or lack of one.
package micro
