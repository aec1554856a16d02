package remote_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/helixrouter/helix/remote"
)

func TestAllThatIsWrongWithTheOptionsIsToldAtOnce(t *testing.T) {
	_, err := remote.Dial(remote.Options{Node: "a.b", Prefix: "he lix", Cert: "/nowhere/cert", CA: "/nowhere/ca", Credentials: "/nowhere/creds"})
	if err == nil {
		t.Fatal("nothing is wrong with them?")
	}
	for _, want := range []string{"neither URL nor Server", `Node "a.b"`, `Prefix "he lix"`, "one of Cert and Key is missing", "/nowhere/cert", "/nowhere/ca", "/nowhere/creds"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not speak of %q", err, want)
		}
	}
	c, err := remote.Dial(remote.Options{URL: "nats://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if c.Connected() || len(c.Node()) < 5 {
		t.Errorf("node %q, connected %v", c.Node(), c.Connected())
	}
}

// listen starts a server on loopback, in real time.
func listen(t *testing.T, o *server.Options) (address string) {
	t.Helper()
	dropTimers()
	o.Host, o.Port, o.NoSigs, o.NoLog = "127.0.0.1", -1, true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return s.Addr().String()
}

// outcome waits until a connection has come, or has failed.
func outcome(t *testing.T, o remote.Options) (connected bool, why string) {
	t.Helper()
	conn, err := remote.Dial(o)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end) && !conn.Connected() && conn.LastError() == ""; {
		time.Sleep(5 * ms)
	}
	return conn.Connected(), conn.LastError()
}

func TestAServerThatAsksForAPassword(t *testing.T) {
	url := "nats://" + listen(t, &server.Options{Users: []*server.User{{Username: "router", Password: "r"}}})
	if connected, why := outcome(t, remote.Options{URL: url, User: "router", Password: "wrong"}); connected || !strings.Contains(strings.ToLower(why), "authorization") {
		t.Errorf("a wrong password: connected %v, last error %q", connected, why)
	}
	if connected, why := outcome(t, remote.Options{URL: url, User: "router", Password: "r"}); !connected || why != "" {
		t.Errorf("the right one: connected %v, last error %q", connected, why)
	}
	url = "nats://" + listen(t, &server.Options{Authorization: "token"})
	if connected, why := outcome(t, remote.Options{URL: url, Token: "token"}); !connected || why != "" {
		t.Errorf("a token: connected %v, last error %q", connected, why)
	}
}

// certificate writes a certificate for 127.0.0.1 and its key, signed by a parent or by itself.
func certificate(t *testing.T, dir, name string, parent *tls.Certificate) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: parent == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	signer, by := c, any(key)
	if parent != nil {
		signer, by = parent.Leaf, parent.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, signer, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + "-key.pem": {Type: "EC PRIVATE KEY", Bytes: encoded}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestTLSBothWays(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	ca := certificate(t, dir, "ca", nil)
	own := certificate(t, dir, "server", ca)
	certificate(t, dir, "node", ca)
	certificate(t, dir, "other", nil)
	roots := x509.NewCertPool()
	roots.AddCert(ca.Leaf)
	address := listen(t, &server.Options{TLSTimeout: 2, TLSConfig: &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*own}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert,
	}})
	for name, c := range map[string]struct {
		options remote.Options
		fault   string // "" = it is let in
	}{
		"both":                     {remote.Options{CA: at("ca.pem"), Cert: at("node.pem"), Key: at("node-key.pem")}, ""},
		"no certificate":           {remote.Options{CA: at("ca.pem")}, "tls"},
		"another authority":        {remote.Options{CA: at("other.pem"), Cert: at("node.pem"), Key: at("node-key.pem")}, "unknown authority"},
		"a stranger":               {remote.Options{CA: at("ca.pem"), Cert: at("other.pem"), Key: at("other-key.pem")}, "tls"},
		"the system's authorities": {remote.Options{}, "unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.URL = "tls://" + address
			if connected, why := outcome(t, c.options); connected != (c.fault == "") || !strings.Contains(why, c.fault) {
				t.Errorf("connected %v, last error %q, want %q", connected, why, c.fault)
			}
		})
	}
}
