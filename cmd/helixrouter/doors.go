package main

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
)

// doors are the listeners and who answers there: the API's, and that of probes if there
// is one.
type doors struct {
	api    *http.Server
	listen net.Listener
	probes *probes // nil = none
}

// open takes the addresses, so that nobody connects to a daemon that does not come.
func (d *doors) open(s *settings, log *slog.Logger) (err error) {
	certificate, err := s.certificate()
	if err != nil {
		return err
	}
	if s.liveAddr != "" && !ownProcess() {
		return exitf(exitUsage, "--live-addr is not for this system: ask /livez at --addr")
	}
	if d.listen, err = listen(s.address()); err != nil {
		return err
	}
	if certificate != nil {
		// HTTP/1.1 alone: over HTTP/2 one stalled stream could hold up what shares its connection.
		d.listen = tls.NewListener(d.listen, &tls.Config{Certificates: []tls.Certificate{*certificate}, NextProtos: []string{"http/1.1"}})
	}
	if s.liveAddr == "" {
		return nil
	}
	if d.probes, err = listenForProbes(s.liveAddr, log); err != nil {
		_ = d.listen.Close()
	}
	return err
}

// serve serves until the server ends, and sends why.
func (d *doors) serve(ended chan<- error) {
	if d.probes != nil {
		d.probes.start()
	}
	go func() { ended <- d.api.Serve(d.listen) }()
}

// certificate loads the certificate, nil where there is none.
func (s *settings) certificate() (*tls.Certificate, error) {
	if s.tlsCert == "" && s.tlsKey == "" {
		return nil, nil
	}
	if s.tlsCert == "" || s.tlsKey == "" {
		return nil, exitf(exitUsage, "--tls-cert and --tls-key belong together: give both or none")
	}
	c, err := tls.LoadX509KeyPair(s.tlsCert, s.tlsKey)
	if err != nil {
		return nil, exitf(exitUsage, "--tls-cert %s, --tls-key %s: %w", s.tlsCert, s.tlsKey, err)
	}
	return &c, nil
}

// scheme is that of the API's addresses.
func (s *settings) scheme() string {
	if s.tlsCert != "" {
		return "https"
	}
	return "http"
}

// isClosed reports whether a server ended because it was told to.
func isClosed(err error) bool { return errors.Is(err, http.ErrServerClosed) }
