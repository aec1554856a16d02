package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/peer"
)

// serve runs one job and answers it.
func (w *Worker) serve(m *nats.Msg) {
	o, err := readOrder(m.Header)
	defer w.done(o.cancel)
	if err != nil {
		w.answer(m, statusMalformed, "", []byte(err.Error()), nil)
		return
	}
	ctx, end := w.contextOf(&o)
	defer end()
	e := w.run(ctx, &o, m)
	w.answer(m, e.status, e.reason, e.body, func(h nats.Header) {
		maps.Copy(h, e.header)
		h.Set(headerWait, strconv.FormatInt(int64(e.routed.Wait), 10))
		h.Set(headerRun, strconv.FormatInt(int64(e.routed.Run), 10))
	})
}

// ending is what a sender is told.
type ending struct {
	status, reason string
	body           []byte
	header         nats.Header
	routed         helix.Routed
}

// run gives a job to the router. The user's code that runs outside of it, the codec, the kind's units, Extract and the methods of
// errors, may panic as well: on a byte that somebody sent, which must not end the worker.
func (w *Worker) run(ctx context.Context, o *order, m *nats.Msg) (e ending) {
	defer func() {
		if v := recover(); v != nil {
			e.tell(nil, &helix.PanicError{Value: v, Stack: debug.Stack()})
		}
	}()
	if w.options.Extract != nil {
		ctx = w.options.Extract(ctx, m.Header)
	}
	out, routed, err := w.router.CallRouted(ctx, o.kind, m.Data, o.options()...)
	e.routed = routed
	e.tell(out, err)
	return e
}

func (e *ending) tell(out []byte, err error) {
	e.status, e.reason, e.body = statusOf(out, e.routed, err)
	e.header = nats.Header{}
	describe(e.header, err)
}

// contextOf is what a job sees as its context: it ends with the job's time, with its caller's call, and with the worker.
func (w *Worker) contextOf(o *order) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(w.base)
	if o.cancel != "" {
		w.mu.Lock()
		w.jobs[o.cancel] = cancel
		late := w.early.has(o.cancel)
		w.mu.Unlock()
		if late {
			cancel()
		}
	}
	if o.deadline.IsZero() {
		return ctx, cancel
	}
	ctx, end := context.WithDeadline(ctx, o.deadline.Add(graceAfterDeadline))
	return ctx, func() { end(); cancel() }
}

// statusOf turns what the router said into what the sender is told.
func statusOf(out []byte, routed helix.Routed, err error) (status, reason string, body []byte) {
	var (
		shed     *helix.ShedError
		panicked *helix.PanicError
		failed   *helix.RunError
		unknown  *helix.UnknownKindError
		payload  *helix.PayloadError
	)
	switch {
	case err == nil:
		return statusDone, "", out
	case errors.As(err, &failed): // before the others: the job may have returned one of them, of a job that it submitted itself
		return statusFailed, "", []byte(failed.Err.Error())
	case errors.As(err, &shed):
		return statusShed, shed.Reason.String(), nil
	case errors.Is(err, helix.ErrExpired):
		return statusExpired, "", nil
	case errors.Is(err, helix.ErrClosed):
		if routed.Strategy != helix.Drop { // it was let in before, and its caller is told before it has returned
			return statusCanceled, "", []byte("the worker's router was closed, and the job may still run")
		}
		return statusClosed, "", []byte("the worker's router is closed")
	case errors.As(err, &panicked):
		return statusPanicked, "", append([]byte(fmt.Sprint(panicked.Value)), panicked.Stack...)
	case errors.As(err, &unknown):
		return statusUnknown, "", []byte(err.Error())
	case errors.As(err, &payload):
		return statusMalformed, "", []byte(err.Error())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return statusCanceled, "", []byte(err.Error())
	}
	return statusFailed, "", []byte(err.Error()) // its codec cannot write the result
}

// describe adds the numbers of an error.
func describe(h nats.Header, err error) {
	var shed *helix.ShedError
	if errors.As(err, &shed) {
		h.Set(headerRetryAfter, strconv.FormatInt(int64(shed.RetryAfter), 10))
	}
	var panicked *helix.PanicError
	if errors.As(err, &panicked) {
		h.Set(headerStackBytes, strconv.Itoa(len(panicked.Stack)))
	}
}

// answer tells a sender what became of its job, and how loaded the worker is now. A result too large for one
// message becomes an error that says so.
func (w *Worker) answer(m *nats.Msg, status, reason string, body []byte, more func(nats.Header)) {
	if m.Reply == "" {
		return // nobody wants to know
	}
	reply := nats.NewMsg(m.Reply)
	h := reply.Header
	h.Set(headerNode, w.conn.Node())
	h.Set(headerStatus, status)
	if reason != "" {
		h.Set(headerReason, reason)
	}
	if more != nil {
		more(h)
	}
	h.Set(headerLoad, formatLoad(w.report(1)))
	reply.Data = body
	if limit := w.conn.nc.MaxPayload(); limit > 0 && int64(reply.Size()) > limit {
		h.Set(headerStatus, statusFailed)
		reply.Data = fmt.Appendf(nil, "the result has %d bytes with its headers, and the server takes %d in a message: make it smaller, or raise max_payload", reply.Size(), limit)
	}
	if err := w.send(reply); err != nil {
		w.log.Warn("a result was not sent: its caller is told once there is a connection", slog.String("status", status), slog.Any("error", err))
	}
}

// sendAgainEvery is how often an answer is tried that could not be sent.
const sendAgainEvery = 20 * time.Millisecond

// send waits for a connection where there is none, for as long as the sender waits for a peer that says nothing. The job
// is held until then, so that its sender is not told that it is lost.
func (w *Worker) send(reply *nats.Msg) error {
	for until := time.Now().Add(peer.Fresh); ; {
		err := w.conn.nc.PublishMsg(reply)
		if !errors.Is(err, nats.ErrReconnectBufExceeded) || time.Now().After(until) {
			return err
		}
		select {
		case <-time.After(sendAgainEvery):
		case <-w.base.Done():
			return err
		}
	}
}
