package route

import (
	"fmt"
	"time"
)

// Disposition is how a job ended. Every submitted job ends in exactly one.
type Disposition uint8

// The dispositions of the ledger.
const (
	Done            Disposition = iota // ran and returned no error
	Failed                             // ran and returned an error
	Panicked                           // ran and panicked
	Canceled                           // its caller's context ended, or Close gave up on it
	Expired                            // its budget or deadline passed before it started
	Shed                               // refused at the door
	NumDispositions = int(Shed) + 1
)

var dispositionNames = [NumDispositions]string{"done", "failed", "panicked", "canceled", "expired", "shed"}

// Dispositions lists every disposition, for loops over all of them.
func Dispositions() [NumDispositions]Disposition {
	return [NumDispositions]Disposition{Done, Failed, Panicked, Canceled, Expired, Shed}
}

// String returns the wire name.
func (d Disposition) String() string {
	if int(d) < len(dispositionNames) {
		return dispositionNames[d]
	}
	return fmt.Sprintf("disposition(%d)", uint8(d))
}

// MarshalText writes the wire name.
func (d Disposition) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a wire name and refuses anything else.
func (d *Disposition) UnmarshalText(text []byte) error {
	for i, name := range dispositionNames {
		if name == string(text) {
			*d = Disposition(i)
			return nil
		}
	}
	return fmt.Errorf("unknown disposition %q: use one of done, failed, panicked, canceled, expired, shed", text)
}

// Ran reports whether a job that ended so ran to its own end, so that its run
// time is a measurement.
func (d Disposition) Ran() bool { return d <= Panicked }

// Outcome is the truth about one decision, fed back when the job has ended.
type Outcome struct {
	Kind        uint32
	Strategy    Strategy
	Disposition Disposition
	Reason      Reason        // why it was shed; meaningful with Shed only
	Wait        time.Duration // from submit to start
	Run         time.Duration // from start to end; 0 unless Disposition.Ran
	Served      time.Duration // core time it had, if the cores were shared evenly; 0 = as long as Run
	Budget      time.Duration // it had at submit; 0 = none
	Nested      bool          // it ran on the slot of another job, whose time has its own
	Units       uint64        // its declared size, 0 = none
}

// Sojourn is the whole time in the system, wait plus run (RFC 8289).
func (o *Outcome) Sojourn() time.Duration { return o.Wait + o.Run }

// InTime reports whether the job is done, within its budget if it had one.
func (o *Outcome) InTime() bool {
	return o.Disposition == Done && (o.Budget == 0 || o.Sojourn() <= o.Budget)
}

// Result is what became of one input of a batch.
type Result[T any] struct {
	Value T
	Err   error
}
