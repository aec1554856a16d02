package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// guard decides who may ask what, before anybody looks at the path.
type guard struct {
	hosts    map[string]bool
	hasToken bool
	token    [sha256.Size]byte // a hash, so that comparing takes the same time for every length
	origins  *http.CrossOriginProtection
	pace     *pace
}

func newGuard(token string, hosts []string, now func() time.Time) *guard {
	g := &guard{
		hosts:    map[string]bool{"": true, "localhost": true}, // HTTP/1.0 has no Host, and no browser speaks it
		hasToken: token != "",
		token:    sha256.Sum256([]byte(token)),
		origins:  http.NewCrossOriginProtection(),
		pace:     newPace(now),
	}
	for _, h := range hosts {
		g.hosts[hostName(h)] = true
	}
	return g
}

func (g *guard) check(r *http.Request) error {
	if !g.knows(hostName(r.Host)) {
		return newProblem(http.StatusForbidden, "host %q is not one of this server's: ask by IP address or localhost, or start it with this host allowed", r.Host)
	}
	if err := g.origins.Check(r); err != nil {
		return newProblem(http.StatusForbidden, "%v: a page of another origin may not write here", err)
	}
	if reads(r.Method) || fromLoopback(r) {
		return nil
	}
	err := g.authorize(r)
	if err == nil && r.URL.Path == "/api/jobs" { // work is what the router bounds
		return nil
	}
	if wait := g.pace.wait(writer{network(r), err == nil}); wait > 0 {
		return newProblem(http.StatusTooManyRequests, "more than %d writes a second from one address: come back later", pacePerSecond).retry(wait)
	}
	return err
}

// knows reports whether a name is ours. A page that makes its own name point to our
// address (DNS rebinding) passes every check of origins, but the browser
// still sends that name. An IP address cannot be rebound, so any is good,
// also the one outside a NAT that we do not know.
func (g *guard) knows(host string) bool {
	if g.hosts[host] || strings.HasSuffix(host, ".localhost") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// hostName strips the port, the brackets of IPv6 and the dot of the root.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

func reads(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// fromLoopback reports whether the caller is on this machine. A proxy is, but
// speaks for somebody who need not be.
func fromLoopback(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	return !forwarded(r.Header)
}

// forwarded reports whether a header has traces of a proxy, even empty ones.
func forwarded(h http.Header) bool {
	for name := range h {
		switch {
		case name == "Forwarded", name == "Via", name == "X-Real-Ip", strings.HasPrefix(name, "X-Forwarded-"):
			return true
		}
	}
	return false
}

func (g *guard) authorize(r *http.Request) error {
	given := r.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(given, " ")
	hash := sha256.Sum256([]byte(strings.TrimSpace(token)))
	same := subtle.ConstantTimeCompare(hash[:], g.token[:]) == 1
	switch {
	case !g.hasToken:
		return unauthorized(`Bearer realm="helix"`, "only loopback may write here: start the server with a token to allow others")
	case given == "":
		return unauthorized(`Bearer realm="helix"`, "a write from beyond loopback needs the header Authorization: Bearer TOKEN")
	case !same || !strings.EqualFold(scheme, "Bearer"):
		return unauthorized(`Bearer realm="helix", error="invalid_token"`, "the token is not this server's")
	}
	return nil
}

func unauthorized(challenge, detail string) *problem {
	return newProblem(http.StatusUnauthorized, "%s", detail).with("WWW-Authenticate", challenge)
}
