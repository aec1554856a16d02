package machine

import (
	"bytes"
	"math"
	"os"
	"time"
)

const (
	// fileBytes is room for a cpu.stat of any kernel so far with as much again.
	fileBytes = 1024
	// oddQuota is more cores than any machine has; what says so is not a quota.
	oddQuota = 1 << 20
)

// group is one control group with its files held open: to read one anew is then a
// system call and no memory.
type group struct {
	limit  *os.File // cpu.max, or cpu.cfs_quota_us in version 1
	period *os.File // cpu.cfs_period_us; nil in version 2
	stat   *os.File // cpu.stat, or nil

	started bool
	seen    throttling
	buffer  [fileBytes]byte
}

// throttling counts how a group was kept from running over its quota.
type throttling struct {
	periods, ranOut uint64
	stalled         time.Duration // summed over its threads
}

func (g *group) close() {
	for _, f := range []*os.File{g.limit, g.period, g.stat} {
		if f != nil {
			f.Close()
		}
	}
}

// quota returns how many cores the group grants, or -1 when it sets no bound or
// says what cannot be understood.
func (g *group) quota() float64 {
	first, rest := word(g.read(g.limit))
	if g.period != nil {
		quota, ok := number(first)
		if !ok {
			return -1
		}
		period, _ := word(g.read(g.period)) // overwrites first
		return cores(quota, period)
	}
	second, _ := word(rest)
	quota, ok := number(first) // "max" is no number
	if !ok {
		return -1
	}
	return cores(quota, second)
}

// cores returns the quota over its period.
func cores(quota uint64, period []byte) float64 {
	p, ok := number(period)
	if !ok || p == 0 || quota == 0 {
		return -1
	}
	if c := float64(quota) / float64(p); c < oddQuota {
		return c
	}
	return -1
}

// throttled returns the share of the periods since the last call that ran out, and
// the rate at which threads were kept waiting; -1 for both when there is no telling.
func (g *group) throttled(since time.Duration) (share, rate float64) {
	now, ok := parseThrottling(g.read(g.stat))
	before, known := g.seen, g.started && ok && since > 0
	g.seen, g.started = now, ok
	if !known || now.periods < before.periods || now.ranOut < before.ranOut || now.stalled < before.stalled {
		return -1, -1
	}
	periods := max(now.periods-before.periods, 1) // none passed: nobody ran, and none ran out
	share = float64(now.ranOut-before.ranOut) / float64(periods)
	return min(share, 1), float64(now.stalled-before.stalled) / float64(since)
}

// parseThrottling reads a cpu.stat. ok is false when it does not speak of periods:
// where there is no quota, version 2 leaves them out.
func parseThrottling(text []byte) (t throttling, ok bool) {
	for len(text) > 0 {
		var key, value []byte
		key, text = word(text)
		value, text = word(text)
		n, isNumber := number(value)
		if !isNumber {
			continue
		}
		switch string(key) {
		case "nr_periods":
			t.periods, ok = n, true
		case "nr_throttled":
			t.ranOut = n
		case "throttled_usec": // version 2
			t.stalled = time.Duration(min(n, math.MaxInt64/1000)) * time.Microsecond
		case "throttled_time": // version 1
			t.stalled = time.Duration(min(n, math.MaxInt64))
		}
	}
	return t, ok
}

// read returns what f says now, as far as the buffer holds it. The next read
// overwrites it. A file that is gone says nothing.
func (g *group) read(f *os.File) []byte {
	if f == nil {
		return nil
	}
	n, _ := f.ReadAt(g.buffer[:], 0)
	return g.buffer[:n]
}

// word cuts the first word off text.
func word(text []byte) (first, rest []byte) {
	text = bytes.TrimLeft(text, " \t\n")
	if i := bytes.IndexAny(text, " \t\n"); i >= 0 {
		return text[:i], text[i:]
	}
	return text, nil
}

// number reads a decimal number without a sign.
func number(text []byte) (n uint64, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' || n > (math.MaxUint64-9)/10 {
			return 0, false
		}
		n = 10*n + uint64(c-'0')
	}
	return n, len(text) > 0
}
