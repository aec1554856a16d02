package main

import (
	"strings"
	"testing"
)

const printed = `goos: linux
BenchmarkPool/floor=go+channel-2         	   10000	      400.0 ns/op	     168 B/op	       3 allocs/op
BenchmarkPool/helix-callerRuns-2         	   20000	      100 ns/op	       0 B/op	       0 allocs/op
BenchmarkPool/floor=go+channel-2         	   10000	      900.0 ns/op	     168 B/op	       3 allocs/op
BenchmarkPool/floor=go+channel-2         	   10000	      300.0 ns/op	     168 B/op	       3 allocs/op
BenchmarkBatch/helix         	   10000	      1234567 ns/op
PASS
`

func TestTheTableHasMediansAndRatios(t *testing.T) {
	got := table(read(printed))
	for _, want := range []string{
		"\n## Pool\n", "| floor=go+channel | 400 | 1.00 | 168 | 3 |\n", "| helix-callerRuns | 100 | 0.25 | 0 | 0 |\n",
		"\n## Batch\n", "| helix | 1234567 | 1.00 | 0 | 0 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	if strings.Count(got, "floor") != 1 {
		t.Error(got)
	}
}
