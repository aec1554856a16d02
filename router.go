package helix

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/helixrouter/helix/internal/capacity"
	"github.com/helixrouter/helix/internal/event"
	"github.com/helixrouter/helix/internal/exec"
	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/policy"
	"github.com/helixrouter/helix/internal/pressure"
	"github.com/helixrouter/helix/route"
)

// Router decides how each job runs, runs it so, and keeps account. Make one with
// New, share it, and Close it. It is safe for concurrent use.
type Router struct {
	exec      *exec.Executor
	recorder  *feedback.Recorder
	brain     *feedback.Brain
	kinds     *kindTable
	tenants   tenantTable
	events    *event.Ring[Decision]
	accounts  accounts // of what events keeps
	log       *slog.Logger
	tracer    Tracer                    // nil = none
	transport Transport                 // nil = none
	policy    func(Config) route.Policy // makes the policy of a configuration
	foreign   bool                      // it is not ours

	view        atomic.Pointer[view] // what a decision reads; replaced with mu held
	closed      atomic.Bool
	meanService atomic.Int64 // ns of core time of a job that comes, on average; 0 = not known
	control     control
	lines       jobLines

	mu        sync.Mutex        // before the locks of exec and feedback
	tracker   *pressure.Tracker // guarded by mu
	signals   pressure.Snapshot // the tracker's last; guarded by mu
	adaptive  adaptiveThreshold // guarded by mu
	limits    exec.Limits       // of exec; guarded by mu
	autoscale autoscaler        // guarded by mu
}

// view is everything that a decision reads but the live load. It is immutable.
type view struct {
	config   Config
	policy   route.Policy
	learning *policy.Adaptive // the policy, while there is something to learn from; else nil
	draws    bool             // it may want to try an arm
	signals  route.Signals
	refusals *refusals
}

// Option changes how New makes a Router.
type Option func(*Router)

// WithLogger sets where the router logs changes of its state, and at debug level up to
// ten lines a second about single jobs. Default: nowhere. The package comment lists the keys.
func WithLogger(log *slog.Logger) Option {
	return func(r *Router) {
		if log != nil {
			r.log = log
		}
	}
}

// WithPolicy makes the router ask p instead of the policy that Config.Policy
// names. It is for policies of one's own and for tests.
func WithPolicy(p route.Policy) Option {
	return func(r *Router) {
		if p != nil {
			r.policy = func(Config) route.Policy { return p }
			r.foreign = true
		}
	}
}

// recentDecisions is how many decisions Decisions and Explain can look back on: about
// 150 KB, and 400 KB from the first one on.
const recentDecisions = 1024

// New returns a router with the given configuration. All faults of the
// configuration come back at once in a *ConfigError. No goroutine is
// started before the first job.
func New(config Config, options ...Option) (*Router, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	r := &Router{
		recorder:  feedback.NewRecorder(config.EMAAlpha),
		kinds:     newKindTable(),
		events:    event.New(recentDecisions, func(d *Decision, seq uint64) { d.Seq = seq }),
		log:       slog.New(slog.DiscardHandler),
		policy:    policyOf,
		tracker:   pressure.New(),
		adaptive:  adaptiveThreshold{value: config.SpawnThreshold},
		autoscale: newAutoscaler(),
	}
	for _, o := range options {
		o(r)
	}
	r.brain = feedback.NewBrain(r.recorder, learnerMode(config))
	cores := float64(runtime.GOMAXPROCS(0))
	r.limits = r.limitsOf(config, cores, lanesOf(cores, config))
	r.exec = exec.New(exec.NewClock(), r.recorder, r.limits)
	r.control.init(r)
	r.view.Store(&view{
		config:   config,
		policy:   r.policy(config),
		signals:  route.Signals{SpawnThreshold: config.SpawnThreshold},
		refusals: newRefusals(0, capacity.UnknownWait, 0),
	})
	return r, nil
}

func policyOf(c Config) route.Policy {
	if c.Policy == PolicyAdaptive {
		return &policy.Adaptive{Table: *tableOf(c), Book: &policy.Book{Lanes: lanesOf(float64(runtime.GOMAXPROCS(0)), c), Calm: true}}
	}
	return tableOf(c)
}

func tableOf(c Config) *policy.Threshold {
	return &policy.Threshold{InlineThreshold: c.InlineThreshold, BusyThreshold: c.BackpressureBusyThreshold}
}

// limitsOf are the bounds of a configuration on so many cores, of which the adaptive policy uses lanes.
func (r *Router) limitsOf(c Config, cores float64, lanes int) exec.Limits {
	if c.Policy != PolicyAdaptive || r.foreign {
		cores, lanes = 0, 0
	}
	return exec.Limits{
		Lanes:       lanes,
		Cores:       cores,
		Width:       c.CPUParallelism,
		QueueCap:    c.CPUQueueCap,
		SpawnLimit:  c.SpawnLimit,
		RemoteLimit: c.RemoteLimit,
		BatchSize:   c.BatchMaxSize,
		BatchDelay:  c.batchMaxDelay(),
	}
}

// Close refuses new work with ErrClosed and waits until everything that waits or
// runs on a goroutine of the router's, or on a slot, has ended; what such jobs submit
// from inside still runs. Jobs that run inline are on their callers' goroutines, and
// so are their callers' to wait for.
//
// When ctx ends first, what still waits or runs ends with ErrClosed for its callers.
// Running jobs see it too if their callers' contexts cannot end; the others see
// what their callers do with theirs. What does not return within 100 ms is
// reported in a *CloseError. A second Close waits as well.
func (r *Router) Close(ctx context.Context) error {
	r.closed.Store(true)
	err := r.exec.Close(ctx)
	r.control.stop()
	r.mu.Lock()
	r.autoscale.reader.Close()
	r.mu.Unlock()
	r.events.Close()
	return r.closeError(err)
}

// InjectPressure tells the router about load that it cannot see itself, such as
// a slow database: value in 0..1 from a named source, valid for ttl (0 means 30 s, at
// most an hour). The largest injected value counts: it raises Pressure, and it closes
// the busy gate earlier, at the share 1-value of backpressure_busy_threshold. The
// adaptive policy admits work with a budget as if there were only the share 1-value of
// the cores; 1 closes the door for all.
func (r *Router) InjectPressure(value float64, source string, ttl time.Duration) error {
	if ttl == 0 {
		ttl = defaultPressureTTL
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.tracker.Inject(r.exec.Now(), source, value, ttl); err != nil {
		return err
	}
	r.control.start()
	r.measureLocked()
	return nil
}

// defaultPressureTTL is long enough for a source that reports every 10 s to miss
// two reports, and short enough that a source that died does not throttle for long.
const defaultPressureTTL = 30 * time.Second

// Pressure returns the blended pressure, 0..1.
func (r *Router) Pressure() float64 { return r.view.Load().signals.Pressure }

// Subscribe returns a stream of decisions that buffers up to n. While anybody
// subscribes every decision is recorded; a subscriber that falls behind loses
// decisions and never makes a submit wait. n lies in 1..65536, and one beyond is
// taken as the bound. Close the subscription when done.
func (r *Router) Subscribe(n int) *Subscription {
	return &Subscription{s: r.events.Subscribe(min(n, maxSubscription))}
}

// Watch is Subscribe for a reader that looks on, such as a page: while it is there
// the router records every decision up to 25,600 a second, 8,192 of them at once, and
// beyond that a sample. So looking on costs the jobs at most some 4 % of one core,
// whatever comes. Numbers count what was recorded: a sample has no gaps in Decision.Seq,
// what a slow reader loses has.
func (r *Router) Watch(n int) *Subscription {
	return &Subscription{s: r.events.Watch(min(n, maxSubscription))}
}

// maxSubscription is some 10 MB of decisions: a reader further behind than that
// is not reading.
const maxSubscription = 1 << 16

// Decisions returns up to n of the decisions that were recorded last, oldest
// first. Without a subscriber the router records a sample under load, at most 128
// every 10 ms (see Watch for what a watcher adds), and keeps 1024.
func (r *Router) Decisions(n int) []Decision { return r.events.Last(n) }

// budgetEnd turns a budget and a deadline into an instant of the router's clock;
// 0 means none.
func (r *Router) budgetEnd(h *Hint, now time.Duration) time.Duration {
	end := time.Duration(math.MaxInt64)
	if h.Budget > 0 && h.Budget < end-now {
		end = now + h.Budget
	}
	if !h.Deadline.IsZero() {
		end = min(end, max(h.Deadline.Sub(r.exec.Epoch()), 1))
	}
	if end == math.MaxInt64 {
		return 0
	}
	return end
}
