package history

import "time"

// Looking returns what the loop does each second.
func (r *Recorder) Looking() func() {
	r.last = lookAt(r.source, time.Now())
	return func() { r.look(time.Now()) }
}
