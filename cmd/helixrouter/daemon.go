package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/decisionlog"
	"github.com/helixrouter/helix/internal/configfile"
	"github.com/helixrouter/helix/internal/dashboard"
	"github.com/helixrouter/helix/internal/httpapi"
	"github.com/helixrouter/helix/kernel"
	"github.com/helixrouter/helix/metrics"
)

// daemon is one life of the server, from the listener to the drain.
type daemon struct {
	settings *settings
	stdout   io.Writer
	stderr   io.Writer
	log      *slog.Logger
	environ  []string
	total    int // jobs of the startup workload

	tracing  *tracing         // nil = none
	jobs     *decisionlog.Log // nil = none
	fleet    *fleet           // nil = it is part of none
	router   *helix.Router
	keeper   *keeper
	reloader *reloader
	api      *httpapi.API
	doors    doors

	signals  chan os.Signal // written by os/signal, the second at most; read by loop, then by drain
	served   chan error     // written once, by the goroutine that serves
	stopping chan struct{}  // closed by drain: the startup workload takes no more jobs
}

// serve runs a daemon from its settings to its end.
func (p program) serve(ctx context.Context, s *settings) error {
	d, err := p.open(s)
	if err != nil {
		return err
	}
	signal.Notify(d.signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(d.signals)
	d.note()
	d.keeper.start()
	d.reloader.start(d.router)
	d.doors.serve(d.served)
	return d.loop(ctx, d.startup())
}

// open makes everything and starts nothing but to listen. Whatever can be wrong
// with what the daemon was told is found here.
func (p program) open(s *settings) (*daemon, error) {
	log := newLogger(s, p.stderr)
	reloader := newReloader(configfile.Source{Path: s.config, Environ: p.environ, Flags: s.flags}, log)
	effective, err := p.configure(s.config, s.flags)
	if err != nil {
		return nil, err
	}
	d := &daemon{
		settings: s, stdout: p.stdout, stderr: p.stderr, environ: p.environ, log: log, reloader: reloader,
		signals: make(chan os.Signal, 2), served: make(chan error, 1), stopping: make(chan struct{}),
	}
	if d.tracing, err = newTracing(s.spansTo, d.log); err != nil {
		return nil, exitf(exitUsage, "%w", err)
	}
	options := append(d.tracing.options(), helix.WithLogger(d.log))
	if s.decisionLog != "" {
		if d.jobs, err = decisionlog.Open(s.decisionLog, decisionlog.Options{Failed: func(err error) {
			d.log.Error("the decision log has ended: look after the disk and start again", slog.Any("error", err))
		}}); err != nil {
			return nil, exitf(exitUsage, "--decision-log: %w", err)
		}
		options = append(options, helix.WithTracer(d.jobs))
	}
	if d.fleet, err = openFleet(&s.fleet, !s.works, d.tracing != nil, d.log); err != nil {
		return nil, exitf(exitFailure, "the fleet: %w", err)
	}
	if d.router, err = helix.New(effective.Config, append(options, d.fleet.options()...)...); err != nil {
		d.fleet.close()
		return nil, exitf(exitFailure, "%w", err)
	}
	if err := d.prepare(); err != nil {
		_ = d.router.Close(context.Background()) // it has run nothing, so there is nothing to wait for
		d.fleet.close()
		d.tracing.close(time.Now())
		d.closeLog()
		return nil, err
	}
	d.keeper = newKeeper(s, d.router, d.log) // after the listener: a second daemon at the same address touches no file
	d.api = httpapi.New(d.router, httpapi.Options{
		Metrics: d.tracing.metrics(d.router, d.collectors()...), Page: dashboard.New(), Token: s.token, Hosts: d.hosts(), Log: d.log,
		Trace: d.tracing.middleware(), Notes: d.notes, Streams: int(s.streams),
	})
	d.doors.api = httpapi.Server(d.doors.listen.Addr().String(), d.api, d.log)
	return d, nil
}

// notes are what is wrong and does not keep the daemon from its work.
func (d *daemon) notes() []string { return append(d.reloader.notes(), d.fleet.notes()...) }

// closeLog ends the decision log, if there is one.
func (d *daemon) closeLog() {
	if d.jobs == nil {
		return
	}
	err := d.jobs.Close()
	if lost := d.jobs.Lost(); err != nil || lost > 0 {
		d.log.Warn("the decision log is not complete", slog.Uint64("lost", lost), slog.Any("error", err))
	}
}

// prepare does what can fail once there is a router. The listener is last, so that
// nobody connects to a daemon that does not come.
func (d *daemon) prepare() (err error) {
	if err := kernel.Register(d.router); err != nil {
		return exitf(exitFailure, "%w", err)
	}
	if d.total, err = d.settings.countJobs(d.router.JobKinds()); err != nil {
		return exitf(exitUsage, "--trace %s: %w", d.settings.trace, err)
	}
	if err := d.doors.open(d.settings, d.log); err != nil {
		return err
	}
	if err := d.fleet.join(d.router); err != nil {
		return exitf(exitFailure, "%w", err)
	}
	return nil
}

// collectors are the metrics of what only a daemon has.
func (d *daemon) collectors() (extra []prometheus.Collector) {
	if d.settings.config != "" {
		extra = append(extra, metrics.Reloads(d.reloader.last))
	}
	return extra
}

// hosts are the names that may stand in a request: those allowed, and the one that
// the daemon was told to listen on.
func (d *daemon) hosts() []string {
	host, _, err := net.SplitHostPort(d.settings.addr)
	if err != nil || host == "" {
		return d.settings.hosts
	}
	return append([]string{host}, d.settings.hosts...)
}

// note says what an operator should know before anything happens.
func (d *daemon) note() {
	d.log.Info("listening", slog.String("address", d.doors.listen.Addr().String()))
	if d.doors.probes != nil {
		d.log.Info("listening for probes", slog.String("address", d.doors.probes.addr.String()))
	}
	if d.settings.rustLog {
		d.log.Info("the log level is RUST_LOG's: set HELIX_LOG, which comes first", slog.String("level", d.settings.level.String()))
	}
	if d.settings.token == "" && beyondLoopback(d.doors.listen) {
		d.log.Warn("reachable from beyond this machine without a token: writes from there are refused; set HELIX_TOKEN or --token-file",
			slog.String("address", d.doors.listen.Addr().String()))
	}
	if d.settings.token != "" && d.settings.tlsCert == "" && beyondLoopback(d.doors.listen) {
		d.log.Warn("the token travels in the clear: set --tls-cert and --tls-key, or keep to a network that you trust",
			slog.String("address", d.doors.listen.Addr().String()))
	}
}

// loop waits for what happens next. work is nil when there is no startup workload.
func (d *daemon) loop(ctx context.Context, work <-chan outcome) error {
	if work == nil {
		d.reportIdle()
	}
	for {
		select {
		case o := <-work:
			work = nil
			d.report(o)
			d.reportServing()
		case err := <-d.served:
			d.reloader.close()
			d.keeper.close()
			d.doors.probes.close()
			return exitf(exitFailure, "the server ended: %w", err)
		case s := <-d.signals:
			return d.drain(s.String(), work)
		case <-ctx.Done():
			return d.drain(ctx.Err().Error(), work)
		}
	}
}

// reportIdle is what is printed where there is no startup workload: for people only
// where to go, for programs the same line as ever.
func (d *daemon) reportIdle() {
	if d.settings.json {
		d.report(outcome{limit: paced(d.router.Config())})
	}
	d.reportServing()
}

// reportServing is the last line of the start. In JSON the summary has the address.
func (d *daemon) reportServing() {
	if !d.settings.json {
		fmt.Fprintln(d.stdout, "serving on", d.url())
	}
}

// url is where to go from this machine: 0.0.0.0 is an address to listen on only.
func (d *daemon) url() string {
	address := d.doors.listen.Addr().String()
	if at, err := netip.ParseAddrPort(address); err == nil && at.Addr().IsUnspecified() {
		address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port()).String()
	}
	return d.settings.scheme() + "://" + address
}
