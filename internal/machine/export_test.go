package machine

// SampleNames are the names that the runtime is asked for.
func SampleNames() []string { return names[:] }
