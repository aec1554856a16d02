package route

// Set is a set of strategies: the arms a job is allowed to take. The router
// builds it from what the job can do (only a kind with a Batch function can be
// batched, only a free spawn permit allows Spawn) and a Policy chooses inside it.
type Set uint8

// SetOf returns the set of the given strategies.
func SetOf(strategies ...Strategy) Set {
	var s Set
	for _, x := range strategies {
		s = s.With(x)
	}
	return s
}

// Has reports whether x is in the set.
func (s Set) Has(x Strategy) bool { return s&(1<<x) != 0 }

// With returns the set with x added.
func (s Set) With(x Strategy) Set { return s | 1<<x }

// Without returns the set with x removed.
func (s Set) Without(x Strategy) Set { return s &^ (1 << x) }
