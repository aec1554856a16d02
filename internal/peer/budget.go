package peer

const (
	// secondShare is how many second attempts there may be for each job that was accepted. Attempts without a bound
	// are how a fleet that is slow for a moment stays slow: each slow answer makes more work.
	secondShare = 0.1
	// secondMost bounds what quiet times save up: the attempts that 200 jobs earn.
	secondMost = 20
)

// Budget bounds retries and hedges together by what was accepted of late. The zero Budget
// has nothing yet. Not safe for concurrent use.
type Budget struct{ tokens float64 }

// Accept earns for one job that a peer has done.
func (b *Budget) Accept() { b.tokens = min(b.tokens+secondShare, secondMost) }

// Take spends on one second attempt; it is false where nothing is left.
func (b *Budget) Take() bool {
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// Left is how many second attempts may be made now.
func (b *Budget) Left() float64 { return b.tokens }
