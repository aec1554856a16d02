// Package report owns what a measured run looks like on paper: one row, the table
// and the JSON of many rows, and the curves drawn from them. The simulator and the
// live bench share it, so that their numbers can be held against each other. It
// must never measure anything, or leave out a row because it looks bad.
package report
