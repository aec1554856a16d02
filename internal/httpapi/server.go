package httpapi

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	// headerTime is for a client that is there: a header takes one round trip, and
	// one that trickles it in holds a connection and a goroutine for nothing.
	headerTime = 5 * time.Second
	// readTime is for header and body, at most 1 MiB of it: 35 kB/s. Less would cut
	// off clients on a bad line, more would let slow ones pile up.
	readTime = 30 * time.Second
	// writeTime counts from the header on, so it holds the longest job (jobTime)
	// and 30 s for its answer to leave. A stream must lift it for itself.
	writeTime = jobTime + 30*time.Second
	// idleTime outlives the pause between two scrapes or polls (15 to 60 s), which
	// else would pay a handshake each.
	idleTime = 2 * time.Minute
	// headerBytes is eight times what browsers and proxies send; net/http's 1 MiB
	// for each connection is more than the body may have.
	headerBytes = 64 << 10
)

// streamBuffer bounds what the kernel keeps for a stream that its reader does not take.
// By itself it would grow to some MB, for 256 streams more than all else here, and what
// comes out of it late is old. The kernel doubles it for its own needs. At 100 ms to the
// reader it still lets 600 kB/s through.
const streamBuffer = 32 << 10

type connKey struct{}

// withConn lets a handler find its connection.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// narrow gives the connection of a request the buffer of a stream. Where there is no such
// connection, there is nothing to bound.
func narrow(ctx context.Context) {
	c, _ := ctx.Value(connKey{}).(net.Conn)
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	if c, ok := c.(*net.TCPConn); ok {
		_ = c.SetWriteBuffer(streamBuffer)
	}
}

// Server returns a server with every limit set, not yet listening. A nil log
// drops what net/http would log.
func Server(addr string, h http.Handler, log *slog.Logger) *http.Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &http.Server{
		Addr:              addr,
		Handler:           h,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       readTime,
		WriteTimeout:      writeTime,
		IdleTimeout:       idleTime,
		ConnContext:       withConn,
		MaxHeaderBytes:    headerBytes,
		// Else net/http answers OPTIONS * itself, past the guard and without a problem.
		DisableGeneralOptionsHandler: true,
		// What it reports are clients' faults and panics that ServeHTTP let through.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
