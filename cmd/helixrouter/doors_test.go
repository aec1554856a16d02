package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// certify makes a certificate for 127.0.0.1 and returns its files and the client that
// trusts it.
func certify(t *testing.T) (cert, key string, client *http.Client) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	cert = write(t, "cert.pem", string(text))
	key = write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})))
	return cert, key, &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
}

func TestTLS(t *testing.T) {
	cert, key, client := certify(t)
	p := start(t, []string{"HELIX_SIM_JOBS=0", "HELIX_TLS_KEY=" + key}, "--tls-cert", cert).serving()
	if !strings.HasPrefix(p.url, "https://127.0.0.1:") {
		t.Fatalf("serving on %s", p.url)
	}
	got, err := client.Get(p.url + "/livez")
	if err != nil || got.StatusCode != 200 || got.TLS == nil || got.TLS.Version < tls.VersionTLS12 {
		t.Fatalf("%+v %v", got, err)
	}
	got.Body.Close()
	stream, err := client.Get(p.url + "/api/stream/decisions")
	if err != nil || stream.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%+v %v", stream, err)
	}
	p.signal(syscall.SIGTERM)
	if text, err := io.ReadAll(stream.Body); err != nil || !bytes.HasPrefix(text, []byte("retry: ")) {
		t.Errorf("%q %v", text, err)
	}
	stream.Body.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, p.errors())
	}
	if plain, err := http.Get("http" + strings.TrimPrefix(p.url, "https") + "/livez"); err == nil && plain.StatusCode == 200 {
		t.Error("it speaks without TLS too")
	}
}

func TestTLSFilesAreChecked(t *testing.T) {
	cert, key, _ := certify(t)
	for args, want := range map[string]string{
		"--tls-cert " + cert:                       "--tls-cert and --tls-key belong together",
		"--tls-key " + key:                         "--tls-cert and --tls-key belong together",
		"--tls-cert " + key + " --tls-key " + cert: "--tls-cert " + key,
		"--tls-cert /nowhere --tls-key " + key:     "--tls-cert /nowhere",
		"--max-streams 0":                          "must be a whole number from 1 to 65536",
		"--live-addr 9":                            "must be host:port",
	} {
		code, _, errs := invoke(t.Context(), []string{"HELIX_SIM_JOBS=0"}, strings.Fields("--port 0 "+args)...)
		if code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %s", args, code, errs)
		}
	}
}

func TestProbesHaveAListenerOfTheirOwn(t *testing.T) {
	p := start(t, []string{"HELIX_SIM_JOBS=0", "HELIX_LIVE_ADDR=127.0.0.1:0"}).serving()
	p.logged("listening for probes")
	at := regexp.MustCompile(`listening for probes" address=(\S+)`).FindStringSubmatch(p.errors())
	if at == nil {
		t.Fatal(p.errors())
	}
	for path, status := range map[string]int{"/livez": 200, "/api/stats": 404, "/": 404} {
		got, err := http.Get("http://" + at[1] + path)
		if err != nil || got.StatusCode != status {
			t.Fatalf("%s: %+v %v", path, got, err)
		}
		text, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil || status == 200 && string(text) != `{"status":"ok"}` || status == 404 && !strings.Contains(string(text), `"status":404`) {
			t.Errorf("%s: %s %v", path, text, err)
		}
	}
	if got, err := http.Post("http://"+at[1]+"/livez", "", nil); err != nil || got.StatusCode != 405 {
		t.Errorf("%+v %v", got, err)
	}
}

// responder is the process that answers the probes of a daemon.
func responder(t *testing.T, p *process) (pid int) {
	t.Helper()
	out, err := exec.Command("pgrep", "-P", strconv.Itoa(p.cmd.Process.Pid)).Output()
	if err != nil {
		t.Skipf("pgrep: %v", err)
	}
	if pid, err = strconv.Atoi(strings.TrimSpace(string(out))); err != nil {
		t.Fatalf("children %q", out)
	}
	return pid
}

func TestTheAnswererOfProbesIsRevivedAndEndsWithTheDaemon(t *testing.T) {
	p := start(t, []string{"HELIX_SIM_JOBS=0", "HELIX_LIVE_ADDR=127.0.0.1:0"}).serving()
	p.logged("listening for probes")
	at := "http://" + regexp.MustCompile(`listening for probes" address=(\S+)`).FindStringSubmatch(p.errors())[1] + "/livez"
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	alive := func() bool {
		got, err := client.Get(at)
		if err != nil {
			return false
		}
		got.Body.Close()
		return got.StatusCode == 200
	}
	if !alive() {
		t.Fatal("no answer")
	}
	first := responder(t, p)
	child, err := os.FindProcess(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Signal(syscall.SIGTERM); err != nil { // as a supervisor may do to the whole group
		t.Fatal(err)
	}
	if !alive() {
		t.Error("it ended before its daemon")
	}
	if err := child.Kill(); err != nil {
		t.Fatal(err)
	}
	p.logged("it is started again")
	if !alive() { // the listener is the daemon's: a probe waits
		t.Error("no answer after a new start")
	}
	if second := responder(t, p); second == first {
		t.Error("it is the same process")
	}
	p.signal(syscall.SIGKILL) // the daemon cannot tell anybody
	_ = p.cmd.Wait()
	for end := time.Now().Add(5 * time.Second); alive(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it outlives the daemon")
		}
	}
}
