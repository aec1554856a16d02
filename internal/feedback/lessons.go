package feedback

import "github.com/helixrouter/helix/internal/learn"

// maxLessons is how many a shard keeps between two looks; learning from one costs 200 ns, so
// that all shards together bound the tick.
const maxLessons = 16

// lessons are those of one shard since the last look.
type lessons struct {
	kept [maxLessons]learn.Sample
	n    int
}

// Learn takes in a decision that was graded.
func (r *Recorder) Learn(lesson *learn.Sample) {
	s := r.here()
	s.mu.Lock()
	if s.lessons.n < maxLessons {
		s.lessons.kept[s.lessons.n] = *lesson
		s.lessons.n++
	}
	s.mu.Unlock()
}

// lessons returns what has come since the last call.
func (r *Recorder) lessons() []learn.Sample {
	var all []learn.Sample
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		all = append(all, s.lessons.kept[:s.lessons.n]...)
		s.lessons.n = 0
		s.mu.Unlock()
	}
	return all
}
