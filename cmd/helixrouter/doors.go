package main

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"

	"github.com/helixrouter/helix/internal/httpapi"
)

// doors are the listeners and who serves them: the API's, and the one for probes if there
// is one.
type doors struct {
	api, live             *http.Server // live nil = none
	apiListen, liveListen net.Listener // liveListen nil = none
}

// open takes the addresses, so that nobody connects to a daemon that does not come.
func (d *doors) open(s *settings) (err error) {
	certificate, err := s.certificate()
	if err != nil {
		return err
	}
	if d.apiListen, err = listen(s.address()); err != nil {
		return err
	}
	if certificate != nil {
		// HTTP/1.1 alone: over HTTP/2 one stalled stream could hold up what shares its connection.
		d.apiListen = tls.NewListener(d.apiListen, &tls.Config{Certificates: []tls.Certificate{*certificate}, NextProtos: []string{"http/1.1"}})
	}
	if s.liveAddr == "" {
		return nil
	}
	if d.liveListen, err = listen(s.liveAddr); err != nil {
		_ = d.apiListen.Close()
	}
	return err
}

// build makes the servers.
func (d *doors) build(api *httpapi.API, log *slog.Logger) {
	d.api = httpapi.Server(d.apiListen.Addr().String(), api, log)
	if d.liveListen != nil {
		d.live = httpapi.LiveServer(log)
	}
}

// serve serves until a server ends, and sends why.
func (d *doors) serve(ended chan<- error) {
	go func() { ended <- d.api.Serve(d.apiListen) }()
	if d.live != nil {
		go func() { ended <- d.live.Serve(d.liveListen) }()
	}
}

// closeLive cuts the probes off, at the very end.
func (d *doors) closeLive() error {
	if d.live == nil {
		return nil
	}
	return d.live.Close()
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
