package helix

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/helixrouter/helix/internal/feedback"
	"github.com/helixrouter/helix/internal/learn"
	"github.com/helixrouter/helix/route"
)

func TestTenantsAreToldApartUpToABound(t *testing.T) {
	var table tenantTable
	b := feedback.NewBrain(feedback.NewSingleRecorder(0.1), learn.Off)
	seen := map[uint16]bool{}
	for i := range 1000 {
		seen[table.number(fmt.Sprint("tenant ", i))] = true
	}
	if len(seen) != feedback.MaxTenants-1 || seen[feedback.NoTenant] || !seen[feedback.AnyTenant] {
		t.Errorf("%d numbers for 1000 names", len(seen))
	}
	first := table.number("tenant 0")
	if first == feedback.AnyTenant || first != table.number("tenant 0") {
		t.Errorf("number %d", first)
	}
	asks := route.Decision{Strategy: route.CPUPool, Service: time.Millisecond}
	b.Offer(route.Subject{}, first, &asks)
	table.sweep(time.Minute, b)
	if n := len(*table.byName.Load()); n != 1 || table.number("tenant 0") != first {
		t.Errorf("%d names are left of one that asks", n)
	}
	if n := table.number("somebody new"); n == feedback.AnyTenant || n == first {
		t.Errorf("number %d after the others have gone", n)
	}
}

func TestStatsHaveTheTenantsThatAskForPredictedWork(t *testing.T) {
	c := DefaultConfig()
	c.Learner = learn.Off.String()
	r, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(context.Background())
	work := func(context.Context) (int, error) { time.Sleep(300 * time.Microsecond); return 0, nil }
	for range 3 {
		for range 20 {
			if _, err := Do(context.Background(), r, Hint{Kind: "sleep", Tenant: "acme"}, work); err != nil {
				t.Fatal(err)
			}
		}
		r.measure()
	}
	rows := r.Stats().Tenants
	if len(rows) != 1 || rows[0].Tenant != "acme" || rows[0].Served <= 0 || rows[0].Refused != 0 {
		t.Errorf("%+v", rows)
	}
}
