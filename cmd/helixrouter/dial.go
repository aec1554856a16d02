package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

const (
	// askTime is for a daemon whose cores are all taken: it answers late, but it answers.
	askTime = 10 * time.Second
	// mostAnswer is far more than any answer that a command asks for.
	mostAnswer = 16 << 20
)

// dial is a running daemon that a command asks.
type dial struct {
	addr   string
	client *http.Client
}

// dialled returns the daemon that listens at an address. One that listens everywhere is
// asked on loopback.
func dialled(addr string) dial {
	host, port, _ := net.SplitHostPort(addr) // parseAddress has seen it
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		addr = net.JoinHostPort("127.0.0.1", port)
	}
	return dial{addr, &http.Client{Timeout: askTime, Transport: &http.Transport{DisableKeepAlives: true}}}
}

// get returns the answer to a GET, or an error with what the daemon has to say.
func (d dial) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.addr+path, nil)
	if err != nil {
		return nil, exitf(exitFailure, "%s cannot be asked: %w", d.addr, err)
	}
	answer, err := d.client.Do(request)
	if err != nil {
		return nil, exitf(exitFailure, "no daemon answers at %s (%w): start one with helixrouter, or say where with --addr", d.addr, cause(err))
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswer))
	if err != nil {
		return nil, exitf(exitFailure, "the answer of %s broke off: %w", d.addr, cause(err))
	}
	if answer.StatusCode != http.StatusOK {
		var problem struct{ Detail string }
		if json.Unmarshal(text, &problem) != nil || problem.Detail == "" {
			problem.Detail = answer.Status
		}
		return nil, exitf(exitFailure, "%s: %s", d.addr, problem.Detail)
	}
	return text, nil
}

// cause leaves out the method and the URL, which the message has already.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
