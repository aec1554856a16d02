package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// price is what one row of one benchmark costs, in the runs that were made.
type price struct {
	group, name           string
	nanos, bytes, objects []float64
}

// line is one result of go test -bench: name without the -P that GOMAXPROCS adds, then
// pairs of value and unit.
var line = regexp.MustCompile(`^Benchmark([^/\s]+)/(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// read collects results in the order in which they first come.
func read(text string) []*price {
	var prices []*price
	for l := range strings.Lines(text) {
		m := line.FindStringSubmatch(strings.TrimSpace(l))
		if m == nil {
			continue
		}
		i := slices.IndexFunc(prices, func(p *price) bool { return p.group == m[1] && p.name == m[2] })
		if i < 0 {
			i = len(prices)
			prices = append(prices, &price{group: m[1], name: m[2]})
		}
		prices[i].add(strings.Fields(m[3]))
	}
	return prices
}

func (p *price) add(pairs []string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		v, err := strconv.ParseFloat(pairs[i], 64)
		if err != nil {
			continue
		}
		switch pairs[i+1] {
		case "ns/op":
			p.nanos = append(p.nanos, v)
		case "B/op":
			p.bytes = append(p.bytes, v)
		case "allocs/op":
			p.objects = append(p.objects, v)
		}
	}
}

// table writes a table for each benchmark. Its first row is what the others are
// held against.
func table(prices []*price) string {
	var b strings.Builder
	group, first := "", 0.0
	for _, p := range prices {
		nanos := median(p.nanos)
		if p.group != group {
			group, first = p.group, nanos
			fmt.Fprintf(&b, "\n## %s\n\n| | ns | of the first | B | allocations |\n|---|---:|---:|---:|---:|\n", group)
		}
		fmt.Fprintf(&b, "| %s | %s | %.2f | %.0f | %.0f |\n", p.name, digits(nanos), nanos/first, median(p.bytes), median(p.objects))
	}
	return b.String()
}

// median is the lower one in the middle; 0 of nothing.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return s[(len(s)-1)/2]
}

// digits shows tenths of what is below 100 ns, and whole ones above.
func digits(nanos float64) string {
	if nanos < 100 {
		return strconv.FormatFloat(nanos, 'f', 1, 64)
	}
	return strconv.FormatFloat(nanos, 'f', 0, 64)
}
