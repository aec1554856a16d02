package history

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// limited returns the samples with no more than mostKinds kinds and other in all of them:
// which ones had rows may have changed on the way. What loses its row here adds to the rate
// of other, whose quantiles stay those of what was in it already.
func limited(samples []sample) []sample {
	jobs := map[string]float64{}
	for i := range samples {
		for _, r := range samples[i].kinds {
			if r.name != other {
				jobs[r.name] += r.rate
			}
		}
	}
	if len(jobs) <= mostKinds {
		return samples
	}
	ranked := slices.SortedFunc(maps.Keys(jobs), func(a, b string) int {
		return cmp.Or(cmp.Compare(jobs[b], jobs[a]), strings.Compare(a, b))
	})
	out := slices.Clone(samples)
	for _, name := range ranked[mostKinds:] {
		delete(jobs, name)
	}
	for i := range out {
		out[i].kinds = folded(out[i].kinds, func(name string) bool { _, own := jobs[name]; return own })
	}
	return out
}

func folded(rows []row, own func(name string) bool) (kept []row) {
	rest, any := row{name: other}, false
	for _, r := range rows {
		switch {
		case own(r.name):
			kept = append(kept, r)
		case r.name == other || !any:
			r.rate += rest.rate
			rest, any = r, true
			rest.name = other
		default:
			rest.rate += r.rate
		}
	}
	if any {
		kept = append(kept, rest)
	}
	return kept
}
