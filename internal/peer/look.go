package peer

import (
	"slices"
	"strings"
	"time"
)

// View is a look at one peer.
type View struct {
	Name        string
	State       State
	Why         string
	Age         time.Duration
	Report      Report
	Speed       float64 // of its cores by those here; 0 = not known
	Outstanding int
	Overhead    time.Duration
	Doubt       time.Duration
	Counts      Counts
	Kinds       []Pace // sorted by kind
}

// Pace is what was learned of a kind on a peer.
type Pace struct {
	Kind    string
	Ratio   float64 // run time there by predicted core time here
	Samples uint64
}

// State says whether a peer gets jobs.
type State uint8

// The states.
const (
	Ready State = iota
	Stale
	Draining
	Ejected // its breaker is open
	Trial   // its breaker is half open
)

// Look returns a view of each peer, sorted by name.
func (f *Fleet) Look(now time.Duration) []View {
	views := make([]View, len(f.peers))
	for i, p := range f.peers {
		views[i] = p.look(now, f.Speed)
	}
	slices.SortFunc(views, func(a, b View) int { return strings.Compare(a.Name, b.Name) })
	return views
}

func (p *Peer) look(now time.Duration, speed float64) View {
	v := View{
		Name: p.name, State: p.state(now), Why: p.breaker.why, Age: now - p.at, Report: p.report, Outstanding: p.outstanding,
		Overhead: p.overhead(now), Doubt: p.doubt(now), Counts: p.counts,
	}
	if speed > 0 {
		v.Speed = p.report.Speed / speed
	}
	for kind, k := range p.kinds {
		v.Kinds = append(v.Kinds, Pace{kind, k.ratio(now, p.prior(speed)), k.samples})
	}
	slices.SortFunc(v.Kinds, func(a, b Pace) int { return strings.Compare(a.Kind, b.Kind) })
	return v
}

func (p *Peer) state(now time.Duration) State {
	switch {
	case p.report.Draining:
		return Draining
	case !p.fresh(now):
		return Stale
	case p.breaker.pause > 0 && now < p.breaker.until:
		return Ejected
	case p.breaker.pause > 0:
		return Trial
	}
	return Ready
}
