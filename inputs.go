package helix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// maxInputs bounds a record: ten times what any sample kind reads, in half a MiB of
// memory.
const maxInputs = 1 << 16

var tooManyInputs = fmt.Sprintf("must have at most %d elements: split the job", maxInputs)

// readInputs reads the array of inputs strictly, in one pass. The text is valid
// JSON. It stops at the first wrong element: who sends one has often sent many.
func (e *JobError) readInputs(raw json.RawMessage) []uint64 {
	rest := bytes.TrimSpace(raw)
	if rest[0] != '[' {
		e.add("/inputs", "must be "+jobFields["inputs"].expected)
		return nil
	}
	inputs := make([]uint64, 0, min(maxInputs, bytes.Count(rest, []byte(","))+1))
	for rest = afterSpace(rest[1:]); rest[0] != ']'; rest = afterSpace(rest) {
		if rest[0] == ',' {
			rest = afterSpace(rest[1:])
		}
		if len(inputs) == maxInputs {
			e.add("/inputs", tooManyInputs)
			return nil
		}
		end := bytes.IndexAny(rest, ",] \t\r\n") // there is one, at the latest the array's own bracket
		v, err := strconv.ParseUint(string(rest[:end]), 10, 64)
		if err != nil {
			e.add(fmt.Sprintf("/inputs/%d", len(inputs)), "must be a whole number from 0 to 18446744073709551615")
			return nil
		}
		inputs, rest = append(inputs, v), rest[end:]
	}
	return inputs
}

func afterSpace(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n") }
