package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

// BenchmarkSubmitWhileStreaming is what readers of the stream cost a job: an empty inline
// job in a closed loop, with nobody listening, with one reader that keeps up, and with
// 200 that take nothing. MB is what heap and stacks grow by, the readers' own ends
// included.
func BenchmarkSubmitWhileStreaming(b *testing.B) {
	for _, c := range []struct {
		name          string
		fast, stalled int
	}{{"nobody", 0, 0}, {"one", 1, 0}, {"stalled200", 0, 200}, {"one+stalled200", 1, 200}} {
		b.Run(c.name, func(b *testing.B) {
			r := newRig(b, helix.DefaultConfig(), httpapi.Options{})
			submit := func() {
				_, _ = helix.Do(context.Background(), r.router, helix.Hint{Kind: "empty", Cost: 1}, func(context.Context) (int, error) { return 0, nil })
			}
			flood(submit, 300*time.Millisecond) // past the first jobs, which are learned from
			before := inUse()
			for range c.stalled {
				stall(b, r.server.Listener.Addr().String())
			}
			for range c.fast {
				got, _ := r.listen(b, "")
				go func() { _, _ = io.Copy(io.Discard, got.Body) }()
			}
			flood(submit, time.Second) // until the buffers of those who stall are full
			grown := inUse() - before
			for b.Loop() {
				submit()
			}
			b.ReportMetric(max(grown, inUse()-before)/(1<<20), "MB")
		})
	}
}

func flood(submit func(), span time.Duration) {
	for end := time.Now().Add(span); time.Now().Before(end); {
		submit()
	}
}

// stall opens a stream and reads nothing of it.
func stall(b *testing.B, address string) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprint(c, "GET /api/stream/decisions HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

// inUse is the memory that the process works with.
func inUse() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}
