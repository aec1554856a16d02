package httpapi

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestDecodersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDecoders()
		for range decodersAtOnce {
			if err := d.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		begun := time.Now()
		p := problemOf(d.enter(t.Context()))
		if p.Status != 503 || p.header.Get("Retry-After") != "1" || time.Since(begun) != decoderWait {
			t.Errorf("%+v after %v", p, time.Since(begun))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		begun = time.Now()
		if err := d.enter(ctx); err == nil || time.Since(begun) != 0 {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		time.AfterFunc(decoderWait/2, d.leave)
		if err := d.enter(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
