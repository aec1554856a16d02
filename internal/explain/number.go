package explain

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// never is the wait from which on a turn counts as not coming.
const never = time.Hour

// duration shows a time with at most three digits, in the unit that people say it in.
func duration(d time.Duration) string {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d >= u.size {
			return digits(float64(d)/float64(u.size)) + " " + u.name
		}
	}
	return fmt.Sprintf("%d ns", d)
}

func seconds(s float64) string { return duration(time.Duration(min(s*1e9, 1<<62))) }

// wait says how long a job waits, if its turn comes.
func wait(d time.Duration) string {
	if d >= never {
		return "a wait without end"
	}
	return "wait " + duration(d)
}

// digits shows one decimal below 100, and none that is 0.
func digits(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// number shows cores: tenths, and hundredths below one.
func number(v float32) string {
	if v < 1 && v > 0 {
		return strconv.FormatFloat(max(float64(v), 0.01), 'f', 2, 64)
	}
	return digits(float64(v))
}

func percent(p float32) string {
	switch {
	case p <= 0:
		return "0 %"
	case p < 0.01:
		return "under 1 %"
	case p > 0.99:
		return "over 99 %"
	}
	return fmt.Sprintf("%.0f %%", p*100)
}

func count(n int32, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func runs(n int32) string { return count(n, "run", "runs") }
