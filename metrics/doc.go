// Package metrics owns how a router looks to Prometheus: the names, units, labels
// and buckets of what helix.Stats, the learner, the autoscaler and the fleet say. It must never measure
// anything itself, run on the path of a job, or know what serves its handler.
//
//	http.Handle("/metrics", metrics.Handler(router))
//
// Programs with a registry of their own register the collector instead. A second
// router in one registry needs a label that tells it from the first:
//
//	prometheus.WrapRegistererWith(prometheus.Labels{"router": "thumbnails"}, registry).
//		MustRegister(metrics.NewCollector(router))
//
// # Histograms
//
// Every histogram carries the classic buckets and the native ones in one metric. A
// server that scrapes protobuf gets both, with quantiles that are at most 2.2 % off;
// the text formats carry the classic buckets only.
//
// # Exemplars
//
// Where jobs are traced, the histograms of job times carry the trace and span ids of the
// last traced job in each bucket, see Exemplars. OpenMetrics and protobuf have them, the old
// text format does not.
//
// # Peers
//
// Where the router has a transport, each of its peers has series, up to 64 of them. A peer
// keeps its series while it is there, however many join; what is beyond is summed up as
// peer="other".
//
// # Old names
//
// While metrics_legacy is true, the names of the original stand beside ours, such
// as helix_completed and helix_latency_p95_ms. OpenMetrics wants counters to end in
// _total, so there the three old counters are of type unknown and keep their names.
package metrics
