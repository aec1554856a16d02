// Package decisionlog owns the file of decisions: one line of JSON for each job that has
// ended, with what was asked, what was decided and with which probability, what was
// predicted, and what became of it. `helixrouter replay` runs it again under other
// settings. The package must never slow a job down: what the disk cannot take is dropped
// and counted.
//
//	log, err := decisionlog.Open("decisions.jsonl", decisionlog.Options{})
//	defer log.Close()
//	r, err := helix.New(config, helix.WithTracer(log))
//
// A line is a workload.Entry: a job record as POST /api/jobs takes it, without its inputs, which may be
// secret, and with at_seconds, service_seconds, budget_seconds and "decided" beside.
// Package workload reads it.
package decisionlog
