package helix

// Pool looks at the pool alone: three atomic loads, cheap enough for a probe,
// where Stats copies every histogram.
func (r *Router) Pool() PoolStats {
	config := r.Config()
	return PoolStats{
		Width: config.CPUParallelism, Busy: r.exec.Pool.Busy(),
		Queued: r.exec.Pool.Queued(), QueueCap: config.CPUQueueCap,
	}
}
