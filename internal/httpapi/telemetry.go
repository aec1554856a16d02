package httpapi

import (
	"math"
	"net/http"
	"time"
)

// anonymous is the source of pressure that names none, so that such reports
// replace each other.
const anonymous = "telemetry"

func (a *API) telemetry(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, typeJSON)
	if err != nil {
		return err
	}
	const what = "invalid telemetry, nothing was changed"
	pressure, source, seconds := 0.0, anonymous, 0.0
	err = decodeMembers(body, what,
		member{name: "pressure", required: true, expected: "a number from 0 to 1", target: &pressure},
		member{name: "source", expected: "a string of 1 to 64 bytes", target: &source},
		member{name: "ttl_seconds", expected: "a number above 0, at most 3600", target: &seconds, valid: func() bool { return seconds > 0 }},
	)
	if err != nil {
		return err
	}
	if err := a.router.InjectPressure(pressure, source, nanoseconds(seconds)); err != nil {
		return refused(what, []fault{{faultyMember(pressure, seconds), err.Error()}})
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// nanoseconds rounds up, so that nothing above 0 becomes the 0 that means the default.
func nanoseconds(seconds float64) time.Duration {
	if n := math.Ceil(seconds * float64(time.Second)); n < math.MaxInt64 {
		return time.Duration(n)
	}
	return math.MaxInt64
}

// faultyMember finds what the router complained of; its error is a sentence.
func faultyMember(pressure, seconds float64) string {
	switch {
	case pressure < 0 || pressure > 1:
		return "/pressure"
	case seconds > time.Hour.Seconds():
		return "/ttl_seconds"
	default:
		return "/source"
	}
}
