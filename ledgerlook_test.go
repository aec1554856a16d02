package helix_test

import (
	"context"
	"sync"
	"testing"
	"time"
)

// The ledger is read while jobs begin and end between two reads. None of that may
// look like a fault, or nobody would believe a real one. A fault is believed after
// a second, so this takes more than two of real time.
func TestTheLedgerNeverCriesWolf(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	r := testRouter(t, width(8))
	end := time.Now().Add(2200 * time.Millisecond)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			for n := i; time.Now().Before(end); n++ {
				if _, err := ways[n%len(ways)].do(ctx, r, returns(1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for time.Now().Before(end) {
		l := r.Stats().Ledger
		ends := l.Done + l.Failed + l.Panicked + l.Canceled + l.Expired + l.Shed
		if l.Imbalance != 0 || l.Submitted != ends+l.InFlight {
			t.Errorf("under load: %+v", l)
		}
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	checkBooks(t, r)
}
