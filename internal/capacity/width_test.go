package capacity_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helixrouter/helix/internal/capacity"
)

const look = 10 * ms

// plant is a pool in closed form: jobs on slots that want a core for all but the
// blocked share of their time, on cores of which some may be stolen.
type plant struct {
	jobs    int
	blocked float64
	cores   float64 // as the runtime and the quota say
	stolen  float64 // of those, by other processes
	running bool    // the plant tells how many goroutines are on a core
	noise   float64 // relative, of what is measured
	dice    *rand.Rand

	displaces bool // of those on a core the one that looks pushes one off

	ceiling int
	width   capacity.Width
	now     time.Duration
	at      int
	moves   int
}

func newPlant(cores float64, jobs int, blocked float64) *plant {
	return &plant{cores: cores, jobs: jobs, blocked: blocked, ceiling: 8, at: 8, now: time.Hour, dice: rand.New(rand.NewPCG(1, 2))}
}

func (p *plant) inputs() capacity.WidthInputs {
	busy := min(p.jobs, p.at)
	demand := float64(busy) * (1 - p.blocked)
	given := p.cores - p.stolen
	in := capacity.WidthInputs{
		Ceiling: p.ceiling, Cores: p.cores, Busy: busy, Queued: p.jobs - busy, Running: -1,
		CPURate:  p.odd(min(given, demand)),
		Runnable: p.odd(max(0, demand-given)),
	}
	if p.running { // the runtime does not see that a thread of its own waits
		in.Runnable = p.odd(max(0, demand-p.cores))
		in.Running = int(math.Round(min(p.cores, demand)))
		if p.displaces {
			in.Running = max(in.Running-1, 0)
		}
	}
	return in
}

func (p *plant) odd(x float64) float64 { return x * (1 + p.noise*(2*p.dice.Float64()-1)) }

func (p *plant) run(d time.Duration) {
	p.moves = 0
	for end := p.now + d; p.now < end; {
		p.now += look
		if next := p.width.Next(p.now, p.inputs()); next != p.at {
			p.at, p.moves = next, p.moves+1
		}
	}
}

// settles runs the plant until it has to be steady, and holds it to one width.
func (p *plant) settles(t *testing.T, want int) {
	t.Helper()
	from := p.at
	p.run(5 * time.Second)
	if p.at != want || p.moves > max(from-want, want-from) {
		t.Errorf("%d jobs, blocked %g, %g cores: from %d to %d in %d moves, want %d by the shortest way",
			p.jobs, p.blocked, p.cores, from, p.at, p.moves, want)
	}
	p.run(time.Minute)
	if p.moves > 0 {
		t.Errorf("%d jobs, blocked %g, %g cores: %d moves in a steady minute, now %d", p.jobs, p.blocked, p.cores, p.moves, p.at)
	}
}

func TestComputingWorkGetsTheCores(t *testing.T) {
	for _, c := range []struct {
		cores float64
		want  int
	}{{0.3, 1}, {1, 1}, {1.3, 1}, {1.5, 2}, {2, 2}, {2.4, 2}, {3, 3}, {7, 7}, {8, 8}, {64, 8}} {
		newPlant(c.cores, 1000, 0).settles(t, c.want)
	}
}

func TestBlockingWorkGetsTheCeiling(t *testing.T) {
	p := newPlant(2, 1000, 0)
	p.settles(t, 2)
	p.blocked = 0.95
	p.settles(t, 8)
}

func TestHalfBlockedWorkIsMetFromBothSides(t *testing.T) {
	p := newPlant(2, 1000, 0.5)
	p.settles(t, 4)
	p.blocked = 0
	p.settles(t, 2)
	p.blocked = 0.5
	p.settles(t, 4)
}

func TestTheWidthFollowsTheCores(t *testing.T) {
	p := newPlant(6, 1000, 0)
	p.settles(t, 6)
	p.cores = 2
	p.settles(t, 2)
	p.cores = 4
	p.run(look)
	if p.at != 4 {
		t.Errorf("two cores more are used from %d", p.at)
	}
	p.settles(t, 4)
}

// A core that another process took leaves the CPU rate as low as blocking does.
func TestStolenCoresAreNotBlocking(t *testing.T) {
	for _, running := range []bool{false, true} {
		p := newPlant(2, 1000, 0)
		p.running = running
		p.settles(t, 2)
		p.stolen = 1
		p.settles(t, 2)
		p.stolen = 1.8
		p.settles(t, 2)
	}
}

// Who looks has a core meanwhile, and does not see the goroutine it displaced.
func TestAStolenCoreBringsOneSlotAtMost(t *testing.T) {
	p := newPlant(2, 1000, 0)
	p.running, p.displaces = true, true
	p.settles(t, 2)
	p.stolen = 1
	p.settles(t, 3)
	p.stolen = 0
	p.settles(t, 2)
}

func TestAWidthStandsWithoutNeed(t *testing.T) {
	p := newPlant(2, 0, 0)
	p.settles(t, 2) // idle
	p.jobs = 1
	p.settles(t, 2) // fewer jobs than cores
	p.jobs, p.blocked = 1000, 0
	p.settles(t, 2)
	p.jobs = 0
	p.settles(t, 2)
	p.jobs, p.blocked = 2, 0.95 // every slot busy and nobody waits
	p.settles(t, 2)
}

func TestTheWidthKeepsBelowTheCeiling(t *testing.T) {
	p := newPlant(2, 1000, 0.95)
	p.run(time.Minute)
	if p.at != 8 {
		t.Errorf("work that blocks brought it to %d, want the ceiling of 8", p.at)
	}
	p.ceiling = 16
	p.run(time.Minute)
	if p.at != 16 {
		t.Errorf("at %d when the ceiling rose to 16", p.at)
	}
	p.blocked = 0
	p.settles(t, 2)
	p.ceiling = 32
	p.settles(t, 2)
	p.ceiling = 1
	p.settles(t, 1)
}

func TestAnUnknownMachineLeavesTheCores(t *testing.T) {
	var w capacity.Width
	for now := time.Duration(0); now < time.Minute; now += look {
		in := capacity.WidthInputs{Ceiling: 8, Cores: 2, CPURate: -1, Runnable: -1, Running: -1, Busy: 8, Queued: 9}
		if got := w.Next(now, in); got != 2 {
			t.Fatalf("at %v: %d, want 2", now, got)
		}
	}
}

// What is measured is off by a tenth either way; the dead band has to bear it.
func TestNoiseDoesNotMakeItSwing(t *testing.T) {
	for _, blocked := range []float64{0, 0.25, 0.5, 0.75, 0.95} {
		p := newPlant(2, 1000, blocked)
		p.noise = 0.1
		p.run(10 * time.Second)
		p.run(10 * time.Minute)
		if p.moves > 2 {
			t.Errorf("blocked %g: %d moves in 10 steady minutes, now %d", blocked, p.moves, p.at)
		}
	}
}

// No demand is steady at one width and swings at the next, whatever the numbers.
func TestASteadyPlantComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlant(rapid.Float64Range(0.1, 20).Draw(t, "cores"), rapid.IntRange(0, 100).Draw(t, "jobs"), rapid.Float64Range(0, 1).Draw(t, "blocked"))
		p.ceiling = rapid.IntRange(1, 40).Draw(t, "ceiling")
		p.at = p.ceiling
		p.run(15 * time.Second)
		p.run(15 * time.Second)
		if p.moves > 0 {
			t.Fatalf("%d moves when it should rest, at %d", p.moves, p.at)
		}
	})
}

func TestTheWidthStaysBetweenOneAndTheCeiling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w capacity.Width
		float := rapid.OneOf(rapid.Float64(), rapid.Float64Range(-1, 10), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)}))
		count := rapid.OneOf(rapid.Int(), rapid.IntRange(-1, 20))
		now := time.Duration(rapid.Int64().Draw(t, "start"))
		for range rapid.IntRange(1, 100).Draw(t, "looks") {
			now += time.Duration(rapid.Int64Range(-int64(ms), 300e6).Draw(t, "pause"))
			in := capacity.WidthInputs{
				Ceiling: count.Draw(t, "ceiling"), Cores: float.Draw(t, "cores"), CPURate: float.Draw(t, "rate"),
				Runnable: float.Draw(t, "runnable"), Busy: count.Draw(t, "busy"), Queued: count.Draw(t, "queued"), Running: count.Draw(t, "running"),
			}
			if got := w.Next(now, in); got < 1 || got > max(in.Ceiling, 1) {
				t.Fatalf("%d of %+v", got, in)
			}
		}
	})
}

// A demand that depends on the width in no sensible way moves it less and less.
func TestAnUnsteadyDemandIsWatchedLonger(t *testing.T) {
	var w capacity.Width
	at, moves := 8, 0
	for now := time.Duration(0); now < time.Minute; now += look {
		in := capacity.WidthInputs{Ceiling: 8, Cores: 2, Running: -1, Busy: at, Queued: 9, CPURate: 2, Runnable: 3}
		if at%2 == 1 {
			in.CPURate, in.Runnable = 1, 0
		}
		if next := w.Next(now, in); next != at {
			at, moves = next, moves+1
		}
	}
	if moves > 25 {
		t.Errorf("%d moves in a minute", moves)
	}
}
