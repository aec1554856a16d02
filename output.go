package helix

import (
	"encoding/json"
	"fmt"
	"math"
)

// Output is one result of a documented job: a whole number or a float. On the
// wire it is externally tagged, {"U64":1229} or {"F64":-0.0445}.
type Output struct {
	bits  uint64
	float bool
}

// U64 returns the Output that holds v.
func U64(v uint64) Output { return Output{bits: v} }

// F64 returns the Output that holds v.
func F64(v float64) Output { return Output{bits: math.Float64bits(v), float: true} }

// U64 returns the whole number, and whether the Output holds one.
func (o Output) U64() (v uint64, ok bool) {
	if o.float {
		return 0, false
	}
	return o.bits, true
}

// F64 returns the float, and whether the Output holds one.
func (o Output) F64() (v float64, ok bool) {
	if !o.float {
		return 0, false
	}
	return math.Float64frombits(o.bits), true
}

// String returns the wire form.
func (o Output) String() string {
	if o.float {
		return fmt.Sprintf(`{"F64":%v}`, math.Float64frombits(o.bits))
	}
	return fmt.Sprintf(`{"U64":%d}`, o.bits)
}

// taggedOutput is Output's wire form.
type taggedOutput struct {
	U64 *uint64  `json:"U64,omitempty"`
	F64 *float64 `json:"F64,omitempty"`
}

// MarshalJSON writes the tagged form. A float that JSON cannot hold is an error.
func (o Output) MarshalJSON() ([]byte, error) {
	if v, ok := o.F64(); ok {
		return json.Marshal(taggedOutput{F64: &v})
	}
	return json.Marshal(taggedOutput{U64: &o.bits})
}

// UnmarshalJSON reads the tagged form and refuses anything else.
func (o *Output) UnmarshalJSON(text []byte) error {
	var members map[string]json.RawMessage // a struct would take {"u64":1} and further members
	if err := json.Unmarshal(text, &members); err != nil {
		return fmt.Errorf("output %s: %w", text, err)
	}
	var t taggedOutput
	err := json.Unmarshal(text, &t)
	_, isU64 := members["U64"]
	_, isF64 := members["F64"]
	switch {
	case err != nil:
		return fmt.Errorf("output %s: %w", text, err)
	case len(members) == 1 && isU64 && t.U64 != nil:
		*o = U64(*t.U64)
	case len(members) == 1 && isF64 && t.F64 != nil:
		*o = F64(*t.F64)
	default:
		return fmt.Errorf(`output %s: want exactly one of {"U64":n} and {"F64":x}`, text)
	}
	return nil
}
