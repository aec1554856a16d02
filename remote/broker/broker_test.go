package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
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

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/helixrouter/helix/remote/broker"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o broker.Options) *broker.Server {
	t.Helper()
	s, err := broker.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// connect connects and closes at the end of the test.
func connect(t *testing.T, url string, options ...nats.Option) (*nats.Conn, error) {
	t.Helper()
	nc, err := nats.Connect(url, options...)
	if err == nil {
		t.Cleanup(nc.Close)
	}
	return nc, err
}

// certificate makes one that is its own authority, for 127.0.0.1.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "node"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &own.PublicKey, own)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalECPrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "EC PRIVATE KEY", Bytes: text}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// roundTrip asks an echo over one connection from another.
func roundTrip(t *testing.T, at, from *nats.Conn) {
	t.Helper()
	sub, err := at.Subscribe("echo", func(m *nats.Msg) { _ = m.Respond(m.Data) })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	if err := at.Flush(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) { // a route tells of a subscription when it can
		m, err := from.Request("echo", []byte("hello"), time.Second)
		if err == nil && string(m.Data) == "hello" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("no echo in 10 s: %v", err)
		}
	}
}

func TestWithoutAListenerOnlyThisProcessReachesIt(t *testing.T) {
	s := start(t, broker.Options{})
	a, err := connect(t, "", nats.InProcessServer(s.InProcess()))
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, a, a)
	if s.ClusterAddr() != "" || s.Routes() != 0 {
		t.Errorf("%q, %d routes", s.ClusterAddr(), s.Routes())
	}
	if a.MaxPayload() != 1<<20 {
		t.Errorf("a message may have %d bytes", a.MaxPayload())
	}
}

func TestAListenerBeyondLoopbackNeedsTLSAndASecret(t *testing.T) {
	cert, key := certificate(t)
	for _, x := range []struct {
		o    broker.Options
		want []string // parts of the error
	}{
		{broker.Options{Listen: "0.0.0.0:4222"}, []string{"0.0.0.0:4222", "TLS", "secret"}},
		{broker.Options{Listen: ":4222", Secret: "s"}, []string{"TLS (Cert, Key) is missing"}},
		{broker.Options{ClusterListen: "10.1.2.3:6222", Cert: cert, Key: key}, []string{"10.1.2.3:6222", "a secret is missing"}},
		{broker.Options{Listen: "example.com:1"}, []string{"example.com:1"}},
		{broker.Options{Listen: "nowhere", MaxPayload: -1, Routes: []string{"x"}, Cert: cert}, []string{"host:port", "MaxPayload -1", "Routes without", `route "x"`, "Cert and Key"}},
		{broker.Options{CA: cert}, []string{"CA without Cert"}},
		{broker.Options{ClusterListen: "127.0.0.1:0", StoreDir: "/nowhere"}, []string{"StoreDir in a mesh", "three nodes"}},
		{broker.Options{Cert: "/nowhere/cert.pem", Key: "/nowhere/key.pem"}, []string{"TLS", "/nowhere/cert.pem"}},
	} {
		s, err := broker.Start(x.o)
		if err == nil {
			s.Close()
			t.Errorf("%+v: started", x.o)
			continue
		}
		for _, part := range x.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%+v: %v does not say %q", x.o, err, part)
			}
		}
	}
}

func TestAPortInUseIsAnErrorThatSaysSo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if s, err := broker.Start(broker.Options{Listen: l.Addr().String()}); err == nil {
		s.Close()
		t.Error("started")
	} else if !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "choose another") {
		t.Error(err)
	}
}

func TestWhoDoesNotShowTheSecretStaysOutside(t *testing.T) {
	s := start(t, broker.Options{Listen: "127.0.0.1:0", Secret: "open sesame"})
	for name, options := range map[string][]nats.Option{"nothing": nil, "a wrong one": {nats.UserInfo(broker.User, "open wheat")}} {
		if _, err := connect(t, s.URL(), options...); err == nil {
			t.Errorf("%s was let in", name)
		}
	}
	if _, err := connect(t, "", nats.InProcessServer(s.InProcess())); err == nil {
		t.Error("in the process nobody is asked")
	}
	a, err := connect(t, s.URL(), nats.UserInfo(broker.User, "open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := connect(t, "", nats.InProcessServer(s.InProcess()), nats.UserInfo(broker.User, "open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, a, b)
}

func TestNodesFormAMeshOverTLS(t *testing.T) {
	cert, key := certificate(t)
	o := broker.Options{Listen: "127.0.0.1:0", ClusterListen: "127.0.0.1:0", CA: cert, Cert: cert, Key: key, Secret: "s"}
	one := start(t, o)
	o.Routes = []string{one.ClusterAddr()}
	two := start(t, o)
	secure := []nats.Option{nats.UserInfo(broker.User, "s"), nats.RootCAs(cert), nats.ClientCert(cert, key)}
	if _, err := connect(t, one.URL(), nats.UserInfo(broker.User, "s"), nats.RootCAs(cert)); err == nil {
		t.Error("a client without a certificate was let in")
	}
	a, err := connect(t, one.URL(), secure...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := connect(t, "", nats.InProcessServer(two.InProcess()), nats.UserInfo(broker.User, "s"))
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, a, b)
	if two.Routes() == 0 {
		t.Error("no route")
	}
	o.Secret = "another"
	stranger := start(t, o)
	time.Sleep(300 * time.Millisecond)
	if n := stranger.Routes(); n != 0 {
		t.Errorf("a node with another secret has %d routes", n)
	}
}

func TestAMeshNeedsNoListenerForClients(t *testing.T) {
	one := start(t, broker.Options{ClusterListen: "127.0.0.1:0"})
	two := start(t, broker.Options{ClusterListen: "127.0.0.1:0", Routes: []string{one.ClusterAddr()}})
	three := start(t, broker.Options{ClusterListen: "127.0.0.1:0", Routes: []string{one.ClusterAddr()}})
	a, err := connect(t, "", nats.InProcessServer(two.InProcess()))
	if err != nil {
		t.Fatal(err)
	}
	b, err := connect(t, "", nats.InProcessServer(three.InProcess()))
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, a, b)
	if _, err := connect(t, one.URL()); err == nil {
		t.Error("a stranger was let in by the port that nobody is told of")
	}
	one.Close() // two and three have found each other meanwhile
	roundTrip(t, a, b)
}

func TestAStoreOutlivesItsServer(t *testing.T) {
	dir := t.TempDir()
	for life := range 2 {
		s, err := broker.Start(broker.Options{StoreDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		nc, err := nats.Connect("", nats.InProcessServer(s.InProcess()))
		if err != nil {
			t.Fatal(err)
		}
		if second, err := broker.Start(broker.Options{StoreDir: dir}); err == nil {
			second.Close()
			t.Error("two servers have one store")
		} else if !strings.Contains(err.Error(), "in use by another server") {
			t.Error(err)
		}
		js, err := nc.JetStream()
		if err != nil {
			t.Fatal(err)
		}
		if life == 0 {
			if _, err := js.AddStream(&nats.StreamConfig{Name: "KEPT", Subjects: []string{"kept"}}); err != nil {
				t.Fatal(err)
			}
			if _, err := js.Publish("kept", []byte("x")); err != nil {
				t.Fatal(err)
			}
		} else if m, err := js.GetMsg("KEPT", 1); err != nil || string(m.Data) != "x" {
			t.Errorf("%v, %v", m, err)
		}
		nc.Close()
		s.Close()
	}
}
