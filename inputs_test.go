package helix_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/helixrouter/helix"
)

func TestInputsAreReadWhateverTheirSpace(t *testing.T) {
	var j helix.Job
	if err := json.Unmarshal(jobWith(t, "inputs", " [ 1\t,\n2,3\r, 4 ] "), &j); err != nil || !slices.Equal(j.Inputs, []uint64{1, 2, 3, 4}) {
		t.Errorf("%v, %v", j.Inputs, err)
	}
	if err := json.Unmarshal(jobWith(t, "inputs", "[ ]"), &j); err != nil || j.Inputs == nil || len(j.Inputs) != 0 {
		t.Errorf("%v, %v", j.Inputs, err)
	}
}

func TestAWrongInputIsNamedByItsIndex(t *testing.T) {
	const whole = "must be a whole number from 0 to 18446744073709551615"
	for value, want := range map[string]helix.JobFault{
		`[1, "a,]b"]`:       {Pointer: "/inputs/1", Message: whole},
		`[1,2,{"a":[1,2]}]`: {Pointer: "/inputs/2", Message: whole},
		`[[ ],-1]`:          {Pointer: "/inputs/0", Message: whole},
		`[1e2]`:             {Pointer: "/inputs/0", Message: whole},
		`[0,true]`:          {Pointer: "/inputs/1", Message: whole},
		`7`:                 {Pointer: "/inputs", Message: "must be an array of whole numbers from 0 to 18446744073709551615"},
	} {
		wantInputsFault(t, jobWith(t, "inputs", value), want)
	}
}

func TestInputsAreBounded(t *testing.T) {
	most := "[" + strings.Repeat("1,", 1<<16-1) + "1"
	var j helix.Job
	if err := json.Unmarshal(jobWith(t, "inputs", most+"]"), &j); err != nil || len(j.Inputs) != 1<<16 {
		t.Errorf("%d inputs, %v", len(j.Inputs), err)
	}
	tooMany := helix.JobFault{Pointer: "/inputs", Message: "must have at most 65536 elements: split the job"}
	wantInputsFault(t, jobWith(t, "inputs", most+",1]"), tooMany)
	j.Inputs = append(j.Inputs, 1)
	var e *helix.JobError
	if err := j.Validate(); !errors.As(err, &e) || len(e.Faults) != 1 || e.Faults[0] != tooMany {
		t.Errorf("built in Go: %v", err)
	}
}

func wantInputsFault(t *testing.T, text []byte, want helix.JobFault) {
	t.Helper()
	var j helix.Job
	var e *helix.JobError
	if err := json.Unmarshal(text, &j); !errors.As(err, &e) || len(e.Faults) != 1 || e.Faults[0] != want {
		t.Errorf("%.100s: %v, want %+v", text, err, want)
	}
}
