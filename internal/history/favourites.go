package history

import (
	"maps"
	"slices"

	"github.com/helixrouter/helix"
)

const (
	// mostKinds have rows of their own: more lines than that nobody tells apart.
	mostKinds = 32
	// other is the row of all other kinds.
	other = "other"
	// fade is what a second leaves of a kind's rank: a minute's rates decide.
	fade = 0.98
)

// favourites ranks kinds by how often they ran of late, so that a kind that pauses for a
// second does not lose its row.
type favourites struct {
	ranks map[string]float64
}

// rows makes the rows of a second.
func (f *favourites) rows(spans []span, seconds float64) (rows []row) {
	own := f.choose(spans)
	rest := helix.Histogram{}
	for _, s := range spans {
		if own[s.kind] {
			rows = append(rows, rowOf(s.kind, s.sojourn, seconds))
		} else {
			rest = rest.Plus(s.sojourn)
		}
	}
	if rest.Count() > 0 {
		rows = append(rows, rowOf(other, rest, seconds))
	}
	return rows
}

// choose takes in a second and returns the kinds that have rows.
func (f *favourites) choose(spans []span) map[string]bool {
	for kind, rank := range f.ranks {
		if f.ranks[kind] = rank * fade; f.ranks[kind] < 0.01 { // a job of four minutes ago
			delete(f.ranks, kind)
		}
	}
	for _, s := range spans {
		if s.kind != other { // the router has such a kind too, for the same purpose
			f.ranks[s.kind] += float64(s.sojourn.Count())
		}
	}
	kinds := slices.SortedFunc(maps.Keys(f.ranks), func(a, b string) int {
		switch {
		case f.ranks[a] > f.ranks[b], f.ranks[a] == f.ranks[b] && a < b:
			return -1
		default:
			return 1
		}
	})
	own := map[string]bool{}
	for _, kind := range kinds[:min(len(kinds), mostKinds)] {
		own[kind] = true
	}
	return own
}
