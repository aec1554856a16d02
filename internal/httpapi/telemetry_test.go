package httpapi_test

import (
	"strings"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/httpapi"
)

func TestTelemetry(t *testing.T) {
	r := newRig(t, helix.DefaultConfig(), httpapi.Options{})
	for _, c := range []struct{ body, pointers, message string }{
		{`{}`, "/pressure", "is missing"},
		{`{"Pressure":0.5}`, "/pressure /Pressure", "is missing"},
		{`{"pressure":null}`, "/pressure", "must be a number from 0 to 1"},
		{`{"pressure":"0.5"}`, "/pressure", "must be a number from 0 to 1"},
		{`{"pressure":1e999}`, "/pressure", "must be a number from 0 to 1"},
		{`{"pressure":1.5}`, "/pressure", "must be a number from 0 to 1"},
		{`{"pressure":-0.5}`, "/pressure", "must be a number from 0 to 1"},
		{`{"pressure":2,"source":"","ttl_seconds":0,"bogus":1}`, "/pressure /source /ttl_seconds /bogus", "must be a number from 0 to 1"},
		{`{"pressure":0.5,"source":"a\nb"}`, "/source", "must be a string of 1 to 64 bytes without control characters"},
		{`{"pressure":0.5,"source":"a\u007fb"}`, "/source", "must be a string of 1 to 64 bytes"},
		{`{"pressure":0.5,"pressure":0.5}`, "/pressure", "is there more than once"},
		{`{"pressure":0.5,"bogus":1}`, "/bogus", "is unknown"},
		{`{"pressure":0.5,"source":""}`, "/source", "must be a string of 1 to 64 bytes"},
		{`{"pressure":0.5,"source":"` + strings.Repeat("x", 65) + `"}`, "/source", "must be a string of 1 to 64 bytes"},
		{`{"pressure":0.5,"source":7}`, "/source", "must be a string"},
		{`{"pressure":0.5,"ttl_seconds":0}`, "/ttl_seconds", "must be a number above 0"},
		{`{"pressure":0.5,"ttl_seconds":-1}`, "/ttl_seconds", "must be a number above 0"},
		{`{"pressure":0.5,"ttl_seconds":3601}`, "/ttl_seconds", "must be a number above 0, at most 3600"},
		{`{"pressure":0.5,"ttl_seconds":1e300}`, "/ttl_seconds", "must be a number above 0, at most 3600"},
		{`[]`, "", "the body must be a JSON object"},
	} {
		p := problemOf(t, r.call(t, "POST", "/api/telemetry", c.body), 422, "/api/telemetry")
		if p.pointers() != c.pointers || !strings.HasPrefix(p.Errors[0].Message, c.message) {
			t.Errorf("%s: %+v", c.body, p.Errors)
		}
	}
	if got := r.router.Stats().Pressure.Score; got != 0 {
		t.Errorf("bad telemetry made pressure %v", got)
	}
	for _, body := range []string{`{"pressure":0.25}`, `{"pressure":0.75,"source":"db","ttl_seconds":60}`, `{"pressure":0,"ttl_seconds":1e-12}`} {
		if a := r.call(t, "POST", "/api/telemetry", body); a.status != 204 || a.body != "" {
			t.Errorf("%s: %+v", body, a)
		}
	}
	if got := r.router.Stats().Pressure; got.Score != 0.75 || got.Ruling != "external" {
		t.Errorf("%+v", got)
	}
}
