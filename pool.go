package helix

// Pool looks at the pool alone: three atomic loads, cheap enough for a probe,
// where Stats copies every histogram.
func (r *Router) Pool() PoolStats {
	config := r.Config()
	return PoolStats{
		Width: config.CPUParallelism, Effective: r.effective(), Busy: r.exec.Pool.Busy(),
		Queued: r.exec.Pool.Queued(), QueueCap: config.CPUQueueCap,
	}
}

// effective is how many jobs of about the same size run at a time.
func (r *Router) effective() int {
	if lanes := r.exec.Pool.Lanes(); lanes > 0 {
		return lanes
	}
	return r.Config().CPUParallelism
}
