package httpapi

// Writers is how many writers from afar are known.
func (a *API) Writers() int {
	a.guard.pace.mu.Lock()
	defer a.guard.pace.mu.Unlock()
	return len(a.guard.pace.writers)
}
