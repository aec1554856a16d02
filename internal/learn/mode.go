package learn

import "fmt"

// Mode says what the learner may do. The zero value is Off.
type Mode uint8

// The modes.
const (
	Off      Mode = iota // neither learns nor acts
	Shadow               // learns and says what it would gain, never acts
	Guarded              // learns, and acts within the guard's budget
	Frozen               // acts on fixed weights within the guard's budget, learns and explores nothing
	numModes = int(Frozen) + 1
)

var modeNames = [numModes]string{"off", "shadow", "guarded", "frozen"}

// String returns the wire name.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("mode(%d)", uint8(m))
}

// ParseMode reads a wire name and refuses anything else.
func ParseMode(name string) (Mode, error) {
	for i, known := range modeNames {
		if known == name {
			return Mode(i), nil
		}
	}
	return Off, fmt.Errorf("unknown learner mode %q: use one of off, shadow, guarded, frozen", name)
}

// MarshalText writes the wire name.
func (m Mode) MarshalText() ([]byte, error) {
	if int(m) >= len(modeNames) {
		return nil, fmt.Errorf("learner mode %d has no name: use one of off, shadow, guarded, frozen", uint8(m))
	}
	return []byte(modeNames[m]), nil
}

// UnmarshalText reads a wire name and refuses anything else.
func (m *Mode) UnmarshalText(text []byte) error {
	parsed, err := ParseMode(string(text))
	if err == nil {
		*m = parsed
	}
	return err
}

// learns reports whether samples move the weights.
func (m Mode) learns() bool { return m == Shadow || m == Guarded }
