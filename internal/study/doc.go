// Package study owns the grid of a simulated comparison: which policies meet which
// scenarios at which loads with which seeds, and the rows that come out, each
// with the bound of its jobs. It must never decide what a job or a policy does: it
// has them from internal/scenario and internal/sim.
package study
