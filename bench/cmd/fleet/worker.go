package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/spf13/cobra"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote"
)

// workerCommand is what a worker's process runs, until its standard input ends.
func workerCommand() *cobra.Command {
	var url, node string
	var slowness float64
	c := &cobra.Command{Use: "worker", Hidden: true, Args: cobra.NoArgs}
	c.Flags().StringVar(&url, "nats", "", "where NATS is")
	c.Flags().StringVar(&node, "node", "", "its name")
	c.Flags().Float64Var(&slowness, "slowness", 1, "how many times as slow it is")
	c.RunE = func(c *cobra.Command, _ []string) error {
		r, err := helix.New(machine())
		if err != nil {
			return err
		}
		if _, err := register(r, slowness); err != nil {
			return err
		}
		conn, err := remote.Dial(remote.Options{URL: url, Node: node})
		if err != nil {
			return err
		}
		defer conn.Close()
		w, err := remote.NewWorker(conn, r, remote.WorkerOptions{})
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, os.Stdin)
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = w.Close(ctx)
		return r.Close(ctx)
	}
	return c
}

// fleet is a NATS server in this process and workers in processes of their own.
type fleet struct {
	server  *server.Server
	conn    *remote.Conn
	client  *remote.Client
	workers []*exec.Cmd
	inputs  []io.Closer
}

// start brings up a fleet, and waits until its workers are heard.
func start(slowness map[string]float64) (f *fleet, err error) {
	f = &fleet{}
	defer func() {
		if err != nil {
			f.stop()
		}
	}()
	f.server, err = server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true, NoFastProducerStall: true})
	if err != nil {
		return nil, err
	}
	f.server.Start()
	if !f.server.ReadyForConnections(5 * time.Second) {
		return nil, fmt.Errorf("the NATS server is not ready after 5 s")
	}
	if f.conn, err = remote.Dial(remote.Options{Server: f.server, Node: "router"}); err != nil {
		return nil, err
	}
	if f.client, err = remote.NewClient(f.conn, remote.ClientOptions{}); err != nil {
		return nil, err
	}
	for node, slow := range slowness {
		if err := f.add(node, slow); err != nil {
			return nil, err
		}
	}
	for end := time.Now().Add(10 * time.Second); len(f.client.Fleet().Peers) < len(slowness); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return nil, fmt.Errorf("%d of %d workers are heard after 10 s", len(f.client.Fleet().Peers), len(slowness))
		}
	}
	return f, nil
}

func (f *fleet) add(node string, slow float64) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(self, "worker", "--nats", f.server.ClientURL(), "--node", node, "--slowness", fmt.Sprint(slow))
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	f.workers, f.inputs = append(f.workers, c), append(f.inputs, in)
	return nil
}

// stop ends the workers, which do so when their standard input ends.
func (f *fleet) stop() {
	for i, c := range f.workers {
		_ = f.inputs[i].Close()
		if err := c.Wait(); err != nil {
			fmt.Fprintln(os.Stderr, "a worker:", err)
		}
	}
	if f.client != nil {
		f.client.Close()
	}
	if f.conn != nil {
		f.conn.Close()
	}
	if f.server != nil {
		f.server.Shutdown()
		f.server.WaitForShutdown()
	}
}
