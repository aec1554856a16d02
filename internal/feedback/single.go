package feedback

// NewSingleRecorder returns an empty recorder of one shard, for use by one
// goroutine: the simulator's. Its averages depend on the order of the outcomes
// alone, where those of several shards depend on the address of a stack.
func NewSingleRecorder(alpha float64) *Recorder {
	r := &Recorder{shards: make([]shard, 1), shift: 64} // every hash >> 64 is shard 0
	r.SetAlpha(alpha)
	return r
}
