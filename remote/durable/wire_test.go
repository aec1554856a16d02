package durable

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"github.com/helixrouter/helix"
)

func TestAJobSurvivesTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := Job{
			ID: rapid.StringMatching(`[A-Za-z0-9_-]{1,128}`).Draw(t, "id"), Kind: rapid.StringN(1, 30, maxKind).Draw(t, "kind"),
			Payload: rapid.SliceOf(rapid.Byte()).Draw(t, "payload"), Tenant: rapid.StringN(0, 30, maxTenant).Draw(t, "tenant"),
			Class: helix.Class(rapid.IntRange(0, int(helix.ClassCriticalPlus)).Draw(t, "class")),
		}
		if rapid.Bool().Draw(t, "has deadline") {
			j.Deadline = time.Unix(0, rapid.Int64Range(0, 1<<62).Draw(t, "deadline"))
		}
		m := nats.NewMsg("x")
		j.write(m)
		got, err := readJob(m.Header, m.Data)
		if err != nil || got.ID != j.ID || got.Kind != j.Kind || string(got.Payload) != string(j.Payload) || got.Tenant != j.Tenant ||
			got.Class != j.Class || !got.Deadline.Equal(j.Deadline) {
			t.Fatalf("%+v became %+v, %v", j, got, err)
		}
	})
}

func FuzzReadJob(f *testing.F) {
	f.Add("a", `"work"`, "5", `"acme"`, "critical")
	f.Fuzz(func(t *testing.T, id, kind, deadline, tenant, class string) {
		h := nats.Header{headerJob: {id}, headerKind: {kind}, headerDeadline: {deadline}, headerTenant: {tenant}, headerClass: {class}}
		if j, err := readJob(h, nil); err == nil && j.Validate() != nil {
			t.Errorf("%+v was taken: %v", j, j.Validate())
		}
	})
}

func TestPausesGrowAndEnd(t *testing.T) {
	last := time.Duration(0)
	for try := uint64(1); try < 100; try++ {
		p := backoff(try)
		if p < last || p < retryFirst || p > retryMost {
			t.Fatalf("try %d: %v after %v", try, p, last)
		}
		last = p
	}
}
