package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// exchange is one request on its way to its answer. It remembers the answer's
// status, for the log and to know whether anything was sent before a panic.
type exchange struct {
	http.ResponseWriter
	status int             // 0 = nothing sent yet
	inside context.Context // of the request inside Options.Trace; nil = it did not get there
}

// exchangeOf finds the exchange under the writers that Options.Trace has put around it,
// or nil.
func exchangeOf(w http.ResponseWriter) *exchange {
	for {
		switch x := w.(type) {
		case *exchange:
			return x
		case interface{ Unwrap() http.ResponseWriter }:
			w = x.Unwrap()
		default:
			return nil
		}
	}
}

// noting lets the log lines about a request have the context that its endpoint had.
func noting(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x := exchangeOf(w); x != nil {
			x.inside = r.Context()
		}
		e.ServeHTTP(w, r)
	})
}

// WriteHeader notes the status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write notes that an answer without a status is a 200.
func (x *exchange) Write(text []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	return x.ResponseWriter.Write(text)
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// ServeHTTP answers one request: guard, path, method, in this order.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w}
	began := a.now()
	defer a.finish(x, r, began)
	secure(x.Header())
	x.Header().Set("Cache-Control", "no-store") // every answer is of this moment
	if err := a.guard.check(r); err != nil {
		problemOf(err).write(x, r)
		return
	}
	endpoint(a.paths.serve).ServeHTTP(x, r)
}

// contentPolicy lets a page take everything from here and nothing from elsewhere, not even
// a script in its own text, be shown in no frame, and send forms nowhere.
const contentPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

// secure sets what browsers must know of every answer.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin") // pages of others must not load it as an image or script either
}

// finish must be deferred itself, for recover to see the panic.
func (a *API) finish(x *exchange, r *http.Request, began time.Time) {
	v := recover()
	if v == http.ErrAbortHandler {
		panic(v)
	}
	ctx := r.Context()
	if x.inside != nil {
		ctx = x.inside
	}
	if v != nil {
		a.log.LogAttrs(ctx, slog.LevelError, "handler panicked", slog.String("method", r.Method),
			slog.String("path", r.URL.Path), slog.String("panic", fmt.Sprint(v)), slog.String("stack", string(debug.Stack())))
		if x.status != 0 {
			panic(http.ErrAbortHandler) // half an answer is out: cut it, or it would pass for a whole one
		}
		x.Header().Del("Content-Encoding") // what the handler had in mind for its own answer
		internalProblem().write(x, r)
	}
	a.log.LogAttrs(ctx, slog.LevelDebug, "request", slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", x.status), slog.Float64("elapsed_seconds", a.now().Sub(began).Seconds()), slog.String("peer", r.RemoteAddr))
}
