// Package fleetstate shares what the nodes of a fleet may have in common over a NATS key-value bucket: a configuration
// that all follow, and what the learner has learned, for a node that comes fresh. It must never stand between a
// node and its decisions: every node goes on alone with what it has when the bucket is gone, and checks for
// itself what comes from it.
package fleetstate
