package stream

import (
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/helixrouter/helix"
)

// appendEvent writes a decision as an event without a type.
func appendEvent(to []byte, d *helix.Decision) []byte {
	to = append(to, "id: "...)
	to = strconv.AppendUint(to, d.Seq, 10)
	to = append(to, "\ndata: "...)
	to = appendDecision(to, d)
	return append(to, "\n\n"...)
}

// appendDecision writes a decision byte by byte as json.Marshal does, without its garbage
// and in a quarter of its time: at the full rate that is 4 % of a core.
func appendDecision(to []byte, d *helix.Decision) []byte {
	to = append(to, `{"job_id":`...)
	to = strconv.AppendUint(to, d.JobID, 10)
	to = append(to, `,"strategy":"`...)
	to = append(to, d.Strategy.String()...)
	to = append(to, `","compute_cost":`...)
	to = strconv.AppendUint(to, d.ComputeCost, 10)
	to = append(to, `,"cpu_busy":`...)
	to = strconv.AppendInt(to, int64(d.CPUBusy), 10)
	to = append(to, `,"pressure":`...)
	to = appendFloat(to, d.Pressure)
	to = append(to, `,"seq":`...)
	to = strconv.AppendUint(to, d.Seq, 10)
	to = append(to, `,"time":"`...)
	to = d.Time.AppendFormat(to, time.RFC3339Nano)
	to = append(to, `","kind":`...)
	to = appendString(to, d.Kind)
	to = append(to, `,"source":"`...)
	to = append(to, d.Source.String()...)
	to = append(to, `","reason":"`...)
	to = append(to, d.Reason.String()...)
	to = append(to, `","propensity":`...)
	to = appendFloat(to, d.Propensity)
	to = append(to, `,"predicted_seconds":`...)
	to = appendFloat(to, d.PredictedSeconds)
	if d.Peer != "" {
		to = append(to, `,"peer":`...)
		to = appendString(to, d.Peer)
	}
	return append(to, '}')
}

// appendFloat writes what JSON cannot hold, from a policy that is not ours, as 0.
func appendFloat(to []byte, v float64) []byte {
	switch size := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(to, '0')
	case size != 0 && (size < 1e-6 || size >= 1e21): // where json.Marshal uses an exponent
		text, _ := json.Marshal(v) // finite, so there is no error
		return append(to, text...)
	default:
		return strconv.AppendFloat(to, v, 'f', -1, 64)
	}
}

func appendString(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // a string always has a JSON form
			return append(to, text...)
		}
	}
	to = append(to, '"')
	to = append(to, s...)
	return append(to, '"')
}
