package place

import (
	"fmt"
	"os"
	"strings"
)

// Use is a reading of what the CPUs have done, in ticks, from Linux's counters;
// zeros elsewhere. Two of them tell whether a result was measured undisturbed.
type Use struct{ all, idle, stolen, own uint64 }

// ReadUse reads the counters.
func ReadUse() Use {
	var v [8]uint64 // user nice system idle iowait irq softirq steal
	scan("/proc/stat", "cpu ", v[:])
	u := Use{idle: v[3] + v[4], stolen: v[7]}
	for _, x := range v {
		u.all += x
	}
	text, _ := os.ReadFile("/proc/self/stat")
	_, fields, _ := strings.Cut(string(text), ") ") // a name may have spaces in it
	if words := strings.Fields(fields); len(words) > 14 {
		for _, word := range words[11:15] { // user and system, of the program and of children that have ended
			var ticks uint64
			_, _ = fmt.Sscan(word, &ticks)
			u.own += ticks
		}
	}
	return u
}

// Disturbed is the share of the CPUs' time since an earlier reading that went to other
// programs, and that other machines on the same host took.
func (u Use) Disturbed(earlier Use) (programs, host float64) {
	all := float64(u.all - earlier.all)
	if all == 0 {
		return 0, 0
	}
	host = float64(u.stolen-earlier.stolen) / all
	mine := float64(u.own-earlier.own) / all
	idle := float64(u.idle-earlier.idle) / all
	return max(1-host-mine-idle, 0), host
}

// scan reads the numbers that follow a prefix in a file.
func scan(name, prefix string, into []uint64) {
	text, _ := os.ReadFile(name)
	rest, ok := strings.CutPrefix(string(text), prefix)
	if !ok {
		return
	}
	for i, word := range strings.Fields(rest) {
		if i == len(into) {
			return
		}
		_, _ = fmt.Sscan(word, &into[i])
	}
}
