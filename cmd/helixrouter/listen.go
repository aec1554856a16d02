package main

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// listen takes the address before any work begins, so that a port in use costs nothing.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, exitf(exitFailure,
			"%s is in use: stop what listens there, or pick another port with --port N (0 takes a free one) or HELIX_HTTP_ADDR", address)
	case err != nil:
		return nil, exitf(exitFailure, "cannot listen on %s: %w; pick another address with --addr or HELIX_HTTP_ADDR", address, err)
	}
	return l, nil
}

// beyondLoopback reports whether others than this machine can connect.
func beyondLoopback(l net.Listener) bool {
	at, err := netip.ParseAddrPort(l.Addr().String())
	return err != nil || !at.Addr().Unmap().IsLoopback()
}
