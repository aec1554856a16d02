package fleetstate_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/remote/fleetstate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start starts NATS in this process, with a store where dir is not "".
func start(t *testing.T, dir string) *server.Server {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true, JetStream: dir != "", StoreDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return s
}

// fleet runs a test with a server and a connection with it, in real time: a store does not live in a bubble.
func fleet(t *testing.T, dir string, test func(t *testing.T, s *server.Server, nc *nats.Conn)) {
	s := start(t, dir)
	defer s.WaitForShutdown()
	defer s.Shutdown()
	nc, err := nats.Connect("", nats.InProcessServer(s), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	test(t, s, nc)
}

// eventually waits for what has to come within seconds.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not in 20 s: " + what)
		}
	}
}

func node(t *testing.T, nc *nats.Conn, o fleetstate.Options) (*helix.Router, *fleetstate.Sharer) {
	t.Helper()
	r, err := helix.New(helix.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return r, fleetstate.Share(nc, r, o)
}

func closeAll(t *testing.T, r *helix.Router, s *fleetstate.Sharer) {
	t.Helper()
	s.Close()
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAConfigurationReachesEveryNodeAndABadOneNone(t *testing.T) {
	fleet(t, t.TempDir(), func(t *testing.T, _ *server.Server, nc *nats.Conn) {
		a, sa := node(t, nc, fleetstate.Options{Config: true})
		b, sb := node(t, nc, fleetstate.Options{Config: true})
		defer closeAll(t, a, sa)
		defer closeAll(t, b, sb)
		if _, err := fleetstate.PushConfig(t.Context(), nc, "", []byte(`{"cpu_parallelism": 3}`)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "both have it", func() bool { return a.Config().CPUParallelism == 3 && b.Config().CPUParallelism == 3 })
		if c := a.Config(); c.CPUQueueCap != helix.DefaultConfig().CPUQueueCap {
			t.Errorf("%+v", c)
		}
		if _, err := fleetstate.PushConfig(t.Context(), nc, "", []byte(`{"ema_alpha": 2}`)); err == nil || !strings.Contains(err.Error(), "ema_alpha") {
			t.Errorf("an invalid configuration was pushed: %v", err)
		}
		// Somebody puts one past the check.
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		kv, err := js.KeyValue(t.Context(), fleetstate.DefaultBucket)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := kv.PutString(t.Context(), "config", `{"cpu_parallelism": 0}`); err != nil {
			t.Fatal(err)
		}
		eventually(t, "both say so", func() bool { return len(sa.Notes()) == 1 && len(sb.Notes()) == 1 })
		for i, r := range []*helix.Router{a, b} {
			notes := strings.Join([]*fleetstate.Sharer{sa, sb}[i].Notes(), "\n")
			if r.Config().CPUParallelism != 3 || !strings.Contains(notes, "cpu_parallelism") {
				t.Errorf("%d slots, notes %q", r.Config().CPUParallelism, notes)
			}
		}
		if _, err := fleetstate.PushConfig(t.Context(), nc, "", []byte(`{}`)); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the good one is live", func() bool { return a.Config() == helix.DefaultConfig() && len(sa.Notes()) == 0 })
	})
}

func TestAFreshNodeBeginsWithWhatOthersHaveLearned(t *testing.T) {
	fleet(t, t.TempDir(), func(t *testing.T, _ *server.Server, nc *nats.Conn) {
		old, so := node(t, nc, fleetstate.Options{Weights: true, Every: 50 * time.Millisecond})
		snapshot := old.NeuralSnapshot()
		snapshot.SampleCount, snapshot.AvgReward = 4711, 0.5
		if err := old.RestoreNeural(snapshot); err != nil {
			t.Fatal(err)
		}
		fresh, sf := node(t, nc, fleetstate.Options{Weights: true})
		for fresh.NeuralSnapshot().SampleCount == 0 { // it was there before the weights were
			closeAll(t, fresh, sf)
			fresh, sf = node(t, nc, fleetstate.Options{Weights: true})
			time.Sleep(100 * time.Millisecond)
		}
		if got := fresh.NeuralSnapshot().SampleCount; got != 4711 {
			t.Errorf("%d samples, want 4711", got)
		}
		closeAll(t, old, so)
		closeAll(t, fresh, sf)
	})
}

func TestWeightsOfNoUseChangeNothing(t *testing.T) {
	fleet(t, t.TempDir(), func(t *testing.T, _ *server.Server, nc *nats.Conn) {
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		kv, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: fleetstate.DefaultBucket})
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []any{"nonsense", helix.NeuralSnapshot{SampleCount: 9, Version: 99}} {
			text, err := json.Marshal(bad)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := kv.Put(t.Context(), "weights", text); err != nil {
				t.Fatal(err)
			}
			r, s := node(t, nc, fleetstate.Options{Weights: true})
			time.Sleep(200 * time.Millisecond)
			if n := r.NeuralSnapshot().SampleCount; n != 0 {
				t.Errorf("%d samples from %s", n, text)
			}
			closeAll(t, r, s)
		}
	})
}

func TestWithoutABucketANodeGoesOnAlone(t *testing.T) {
	fleet(t, "", func(t *testing.T, _ *server.Server, nc *nats.Conn) {
		r, s := node(t, nc, fleetstate.Options{Config: true, Weights: true})
		eventually(t, "it says so", func() bool { return len(s.Notes()) == 1 })
		if notes := s.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "JetStream") {
			t.Errorf("notes %q", notes)
		}
		v, err := helix.Do(t.Context(), r, helix.Hint{}, func(context.Context) (int, error) { return 7, nil })
		if v != 7 || err != nil {
			t.Error(v, err)
		}
		closeAll(t, r, s)
	})
}
