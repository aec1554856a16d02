package admission

import (
	"math"
	"time"

	"github.com/helixrouter/helix/internal/stats"
	"github.com/helixrouter/helix/route"
)

// Cell is a place in the order of shedding: the higher, the sooner refused.
type Cell uint16

const (
	// perOctave is how finely sizes are told apart: 19 % of a size. Predictions are rarely
	// better, and with whole octaves half of a kind of one size would be cut or none.
	perOctave = 4
	leastLog  = 10 // 1 us and below is the first size
	octaves   = 27 // up to 137 s
	sizes     = perOctave*octaves + 1
	classes   = int(route.ClassCriticalPlus) + 1
	// Cells is how many cells there are.
	Cells = sizes * classes
)

// CellOf returns the cell of a job of a class with a size, the log2 of its core time in ns.
func CellOf(class route.Class, size float64) Cell {
	i := int(float64((size-leastLog)*perOctave) + 0.5)
	return Cell(class.Rank()*sizes + min(max(i, 0), sizes-1))
}

// Class is the class of the jobs of a cell.
func (c Cell) Class() route.Class { return classOf[int(c)/sizes] }

var classOf = func() (classOf [classes]route.Class) {
	for class := range route.Class(classes) {
		classOf[class.Rank()] = class
	}
	return classOf
}()

// middle is the core time in the middle of a cell, in ns.
func (c Cell) middle() float64 { return middles[int(c)%sizes] }

var middles = func() (m [sizes]float64) {
	for i := range m {
		m[i] = stats.Exp2(leastLog + float64(i)/perOctave)
	}
	return m
}()

// Backlog is the work that waits, by cell. Its zero value is none. Not safe for
// concurrent use.
type Backlog [Cells]int64

// Add is called when a job starts to wait, and with a negative service when it stops to.
func (b *Backlog) Add(c Cell, service time.Duration) { b[c] += int64(service) }

// Sum is the core time of all that waits.
func (b *Backlog) Sum() (sum time.Duration) {
	for _, waits := range b {
		sum += time.Duration(waits)
	}
	return sum
}

// Empty reports whether nothing waits.
func (b *Backlog) Empty() bool { return *b == Backlog{} }

// Demand follows how much work arrives, by cell. The zero Demand has seen none. Not safe
// for concurrent use.
type Demand struct {
	slow, fast average
	at         time.Duration
	started    bool
}

// average is of the demand over time, with the weight of the time it knows.
type average struct {
	cores  [Cells]float64
	weight float64
}

// scale is what cores are to be multiplied by.
func (a *average) scale() float64 {
	if a.weight == 0 {
		return 0
	}
	return 1 / a.weight
}

// The half-lives of demand. What is believed is the smaller of both: a rise must last for
// seconds before it refuses anybody at the door, for what comes in bursts is the queue's
// business; a fall opens the door within a quarter of a second.
const (
	slowHalf = 2 * time.Second
	fastHalf = 200 * time.Millisecond
)

// Update takes in the work in ns that has arrived since the last update.
func (d *Demand) Update(now time.Duration, arrived *[Cells]uint64) {
	if !d.started {
		d.started, d.at = true, now
		return
	}
	dt := now - d.at
	if dt <= 0 {
		return
	}
	d.at = now
	d.slow.update(arrived, dt, slowHalf)
	d.fast.update(arrived, dt, fastHalf)
}

func (a *average) update(arrived *[Cells]uint64, dt, half time.Duration) {
	keep := stats.Exp2(-float64(dt) / float64(half))
	share := (1 - keep) / float64(dt)
	for i, work := range arrived {
		a.cores[i] = float64(a.cores[i]*keep) + float64(float64(work)*share)
	}
	a.weight = float64(a.weight*keep) + (1 - keep)
}

// Total is the demand of everything that is believed, in cores.
func (d *Demand) Total() (cores float64) { return math.Min(d.sums()) }

// Most is the larger of both averages: what has been asked for lately, or will be again if it
// comes in bursts.
func (d *Demand) Most() (cores float64) { return math.Max(d.sums()) }

func (d *Demand) sums() (slow, fast float64) {
	for i := range Cells {
		slow += d.slow.cores[i]
		fast += d.fast.cores[i]
	}
	return slow * d.slow.scale(), fast * d.fast.scale()
}
