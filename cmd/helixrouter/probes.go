package main

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/helixrouter/helix/internal/httpapi"
)

const (
	// beatEvery is how often the daemon gives a sign of life. The first answer that says
	// otherwise comes some forty beats later.
	beatEvery = 250 * time.Millisecond
	// reviveAfter spaces the starts of a child that ends by itself.
	reviveAfter = time.Second
	// childCommand is hidden: it is for the daemon to call.
	childCommand = "answer-probes"
	// childListener is the file that a child finds its listener in, the first of
	// exec.Cmd.ExtraFiles.
	childListener = 3
)

// probes answer /livez on a listener of their own. They are a process of their own: under
// overload thousands of goroutines are runnable, and Go runs them in turn, so that a
// handler waits for tens of ms however it was started; the kernel lets a process that sleeps
// most of the time run at once. The daemon sends it a sign of life now and then, and the
// child ends with the daemon.
type probes struct {
	log    *slog.Logger
	socket *os.File // the listener, which each child gets
	addr   net.Addr
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended; nil when none was started
}

// listenForProbes takes the address.
func listenForProbes(address string, log *slog.Logger) (*probes, error) {
	l, err := listen(address)
	if err != nil {
		return nil, err
	}
	defer l.Close() // the file is a duplicate
	socket, err := l.(*net.TCPListener).File()
	if err != nil {
		return nil, exitf(exitFailure, "--live-addr %s: %w", address, err)
	}
	return &probes{log: log, socket: socket, addr: l.Addr()}, nil
}

// start starts the child, and another one when it ends.
func (p *probes) start() {
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	p.done = make(chan struct{})
	go func() {
		defer close(p.done)
		for {
			err := p.child(ctx)
			if ctx.Err() != nil {
				return
			}
			p.log.Error("what answers probes has ended: it is started again", slog.Any("error", err))
			select {
			case <-ctx.Done():
				return
			case <-time.After(reviveAfter):
			}
		}
	}()
}

// child runs one child to its end, and tells it that we live.
func (p *probes) child(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(self, childCommand)
	c.ExtraFiles, c.Stderr, c.Env = []*os.File{p.socket}, os.Stderr, []string{"GOMAXPROCS=1"}
	beat, err := c.StdinPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
			_ = beat.Close() // which ends it
			return <-ended
		case <-tick.C:
			_, _ = beat.Write([]byte{'.'}) // a child that has ended is seen above
		}
	}
}

// close ends the child and waits for it. It may be called on nil.
func (p *probes) close() {
	if p == nil {
		return
	}
	if p.done != nil {
		p.cancel()
		<-p.done
	}
	_ = p.socket.Close()
}

// answerProbes is the child's whole life.
func answerProbes(stdin io.Reader, log *slog.Logger) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP) // those are for the daemon, which ends us
	socket := os.NewFile(childListener, "listener")
	l, err := net.FileListener(socket)
	if err != nil {
		return exitf(exitUsage, "%s is for the daemon to call, which opens the listener: %w", childCommand, err)
	}
	_ = socket.Close() // the listener has a duplicate
	var last atomic.Int64
	began := time.Now()
	server := httpapi.LiveServer(func() time.Duration { return time.Since(began) - time.Duration(last.Load()) }, log)
	go func() {
		beats := bufio.NewReader(stdin)
		for {
			if _, err := beats.ReadByte(); err != nil { // the daemon has ended
				_ = server.Close()
				return
			}
			last.Store(int64(time.Since(began)))
		}
	}()
	if err := server.Serve(l); !isClosed(err) {
		return exitf(exitFailure, "answering probes: %w", err)
	}
	return nil
}

func answerProbesCommand() *cobra.Command {
	return &cobra.Command{
		Use: childCommand, Hidden: true, Args: cobra.NoArgs, Short: "Answer /livez for a daemon",
		RunE: func(*cobra.Command, []string) error {
			return answerProbes(os.Stdin, slog.New(slog.DiscardHandler))
		},
	}
}

// ownProcess reports whether probes can have a process of their own here: Windows hands no
// listener to a child.
func ownProcess() bool { return runtime.GOOS != "windows" }
