package httpapi

import (
	"math"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// anonymous is the source of pressure that names none, so that such reports
// replace each other.
const anonymous = "telemetry"

// maxSource is room for a host name or a UUID with a prefix.
const maxSource = 64

func (a *API) telemetry(w http.ResponseWriter, r *http.Request) error {
	const what = "invalid telemetry, nothing was changed"
	pressure, source, seconds := 0.0, anonymous, 0.0
	err := a.readBody(w, r, func(body []byte) error {
		return decodeMembers(body, what,
			member{name: "pressure", required: true, expected: "a number from 0 to 1", target: &pressure,
				valid: func() bool { return pressure >= 0 && pressure <= 1 }},
			member{name: "source", expected: "a string of 1 to 64 bytes without control characters", target: &source,
				valid: func() bool { return isSource(source) }},
			member{name: "ttl_seconds", expected: "a number above 0, at most 3600", target: &seconds,
				valid: func() bool { return seconds > 0 && seconds <= time.Hour.Seconds() }},
		)
	}, typeJSON)
	if err != nil {
		return err
	}
	if err := a.router.InjectPressure(pressure, source, nanoseconds(seconds)); err != nil {
		return refused(what, oneFault("/source", err.Error())) // the members are good, so there are too many sources
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// isSource refuses what would forge a line of a log or a dashboard.
func isSource(s string) bool {
	return s != "" && len(s) <= maxSource && !strings.ContainsFunc(s, unicode.IsControl)
}

// nanoseconds rounds up, so that nothing above 0 becomes the 0 that means the default.
func nanoseconds(seconds float64) time.Duration {
	if n := math.Ceil(seconds * float64(time.Second)); n < math.MaxInt64 {
		return time.Duration(n)
	}
	return math.MaxInt64
}
