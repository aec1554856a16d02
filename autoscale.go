package helix

import (
	"math"
	"runtime"
	"time"

	"github.com/helixrouter/helix/internal/capacity"
	"github.com/helixrouter/helix/internal/machine"
	"github.com/helixrouter/helix/internal/pressure"
	"github.com/helixrouter/helix/internal/stats"
)

// The values of Config.Autoscale.
const (
	AutoscaleOff    = "off"    // neither looks nor acts
	AutoscaleAdvise = "advise" // says what it would do
	AutoscaleApply  = "apply"  // and does it, under the adaptive policy
)

// Autoscale is what the autoscaler sees and recommends.
type Autoscale struct {
	Mode          string        // what it may do: that of the configuration, and at most advise under the threshold policy
	Width         int           // jobs of about the same size that run at a time; at most the ceiling
	Ceiling       int           // cpu_parallelism
	Direction     string        // "up", "down" or "hold": what is recommended of Parallelism
	Parallelism   int           // slots recommended
	QueueCap      int           // waiting jobs recommended
	PredictedRate float64       // arrivals per second at the horizon
	Horizon       time.Duration // how far the forecast looks
	CoresNeeded   float64       // by all arrivals at the horizon, refused ones too
	CoresPresent  float64       // usable ones
	Reason        string        // why, with the numbers
	Advice        string        // what to do when the cores do not suffice; else empty
}

// observeEvery is the pace of the forecast, whose ring of 60 is then a minute.
const observeEvery = time.Second

// autoscaler finds out how much the pool should run at a time. Its owner is the control
// loop; everything is guarded by Router.mu.
type autoscaler struct {
	reader   *machine.Reader
	width    capacity.Width
	forecast capacity.Forecast
	next     time.Duration  // observation
	busy     stats.HalfLife // jobs that run
	used     stats.HalfLife // cores that the process uses
	reading  machine.Reading
	last     Autoscale
}

func newAutoscaler() autoscaler {
	return autoscaler{
		reader: machine.New(machine.SystemPaths),
		busy:   stats.HalfLife{Half: blockedHalf}, used: stats.HalfLife{Half: blockedHalf},
	}
}

// mode is what the autoscaler may do under a configuration: the documented table's gate
// would lose its meaning if the slots moved.
func (c Config) autoscaleMode() string {
	if c.Autoscale == AutoscaleApply && c.Policy != PolicyAdaptive {
		return AutoscaleAdvise
	}
	return c.Autoscale
}

// lookLocked reads the machine and returns the cores there are and how many jobs of about
// the same size shall run on them.
func (r *Router) lookLocked(now time.Duration, c Config) (cores float64, lanes int) {
	a := &r.autoscale
	if c.Autoscale == AutoscaleOff {
		cores = float64(runtime.GOMAXPROCS(0))
		return cores, lanesOf(cores, c)
	}
	a.reading = a.reader.Read(now)
	cores = a.reading.Cores
	a.busy.Update(now, float64(r.exec.Pool.Busy()+r.exec.Spawner.Live()))
	a.used.Update(now, max(a.reading.CPURate, 0))
	if c.autoscaleMode() != AutoscaleApply {
		return cores, lanesOf(cores, c)
	}
	lanes = a.width.Next(now, capacity.WidthInputs{
		Ceiling: c.CPUParallelism, Cores: cores, CPURate: a.reading.CPURate, Runnable: a.reading.Runnable,
		Busy: r.exec.Pool.Busy(), Queued: r.exec.Pool.Queued(), Running: a.reading.Running,
	})
	return cores, lanes
}

// signals are what the machine has to say about pressure; nothing while nobody reads it.
func (a *autoscaler) signals() pressure.Machine {
	r := &a.reading
	if r.Cores <= 0 {
		return pressure.Machine{}
	}
	return pressure.Machine{
		SchedLatency: r.SchedLatency, RunnablePerCore: r.Runnable / r.Cores,
		Throttled: r.Throttled, GC: r.GC, Memory: r.Memory,
	}
}

// blockedHalf is the half-life of what jobs are seen to do: a second of it counts at the next
// observation, and a lull of a few does not make them look idle.
const blockedHalf = 2 * time.Second

// blocked is the share of their run in which jobs use no core. What the process does
// beside jobs passes for their work, so that it is rather too little.
func (a *autoscaler) blocked(now time.Duration) float64 {
	busy, used := a.busy.Value(now), a.used.Value(now)
	if busy < 1 { // of hardly any jobs it says nothing
		return 0
	}
	return min(max(1-used/min(busy, max(a.reading.Cores, 1)), 0), 1)
}

// lanesOf is how many jobs cores can run at a time that compute.
func lanesOf(cores float64, c Config) int {
	return min(max(int(math.Round(cores)), 1), c.CPUParallelism)
}

// forecastLocked takes in the arrivals once a second, and renews the recommendation.
func (r *Router) forecastLocked(now time.Duration, c Config) {
	a := &r.autoscale
	if c.Autoscale == AutoscaleOff || now < a.next {
		return
	}
	a.next = now + observeEvery
	r.recommendLocked(now, c)
}

func (r *Router) recommendLocked(now time.Duration, c Config) {
	a := &r.autoscale
	counters := r.recorder.Counters()
	work := r.brain.Arrived()
	if r.limits.Lanes == 0 { // nobody predicts: what slots have done stands for it, without what was refused
		work = counters.SlotTime
	}
	a.forecast.Observe(now, capacity.Demand{Jobs: counters.Submitted(), Work: work})
	advice, _ := a.forecast.Recommend(now, capacity.Sizing{
		Parallelism: r.effective(), Ceiling: c.CPUParallelism, QueueCap: c.CPUQueueCap,
		Cores: a.reading.Cores, Service: r.brain.MeanService(), Blocked: a.blocked(now), Budget: r.accounts.budget(),
	})
	a.last = Autoscale{
		Direction: advice.Direction, Parallelism: advice.Parallelism, QueueCap: advice.QueueCap,
		PredictedRate: advice.PredictedRate, Horizon: a.forecast.Horizon(),
		CoresNeeded: advice.CoresNeeded, CoresPresent: advice.CoresPresent,
		Reason: advice.Reason, Advice: advice.Advice,
	}
}

// Autoscale returns what the autoscaler sees and recommends.
func (r *Router) Autoscale() Autoscale {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.autoscaleLocked()
}

func (r *Router) autoscaleLocked() Autoscale {
	c, out := r.Config(), r.autoscale.last
	out.Mode, out.Width, out.Ceiling = c.autoscaleMode(), r.effective(), c.CPUParallelism
	if out.Direction == "" {
		out.Direction, out.Parallelism, out.QueueCap = capacity.Hold, c.CPUParallelism, c.CPUQueueCap
		out.Reason = "too few observations"
	}
	return out
}

// AutoscaleTick takes in the arrivals since the last tick and returns the recommendation
// that follows. The router does so by itself every second; this is for tests.
func (r *Router) AutoscaleTick(time.Time) Autoscale {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.recommendLocked(r.exec.Now(), r.Config())
	return r.autoscaleLocked()
}
