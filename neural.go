package helix

import (
	"fmt"

	"github.com/helixrouter/helix/internal/learn"
)

// NeuralSnapshot is all that the learner of the adaptive policy knows: what GET
// /api/neural shows and a weights file keeps. It survives JSON without a loss. Kinds
// bear their names.
type NeuralSnapshot = learn.Snapshot

// NeuralMode is what the learner may do.
type NeuralMode = learn.Mode

// NeuralSnapshot returns a copy of what is learned.
func (r *Router) NeuralSnapshot() NeuralSnapshot {
	r.mu.Lock()
	s := r.brain.Snapshot()
	r.mu.Unlock()
	for number, k := range s.Kinds {
		k.Name = r.kinds.name(number)
		s.Kinds[number] = k
	}
	return s
}

// RestoreNeural replaces what is learned by a snapshot, of this process or of an
// earlier one: kinds are found by their names, and those that are not known yet are
// named as a Hint would. What it does not understand is an error that changes nothing.
func (r *Router) RestoreNeural(s NeuralSnapshot) error {
	if err := learn.New(learn.Off).Restore(s); err != nil { // before kinds are named
		return err
	}
	kinds := map[uint32]learn.KindSnapshot{}
	for _, k := range s.Kinds {
		if k.Name == "" {
			return fmt.Errorf("restore learner: a kind without a name: give each the name that it had")
		}
		known, err := r.kinds.named(k.Name)
		if err != nil {
			return fmt.Errorf("restore learner: %w", err)
		}
		kinds[known.number] = k
	}
	s.Kinds = kinds
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.brain.Restore(s)
}

// learnerMode is that of a valid configuration.
func learnerMode(c Config) learn.Mode {
	m, _ := learn.ParseMode(c.Learner) // valid, so there is no error
	return m
}
