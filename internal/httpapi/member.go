package httpapi

import (
	"encoding/json"
	"maps"
	"slices"
)

// member is one member of a JSON object that a body may be. encoding/json alone
// would accept other spellings of its case, null, and what is unknown.
type member struct {
	name     string
	required bool
	expected string
	target   any         // where the value goes
	valid    func() bool // judges the value there; nil = any will do
}

// decodeMembers reads an object strictly, with all faults at once; what says
// what does not happen when there are any. The body is valid JSON.
func decodeMembers(body []byte, what string, members ...member) error {
	var given map[string]json.RawMessage
	if json.Unmarshal(body, &given) != nil || given == nil {
		return refused(what, oneFault("", "the body must be a JSON object"))
	}
	var found faults
	for _, m := range members {
		raw, present := given[m.name]
		delete(given, m.name)
		switch {
		case present && !m.decode(raw):
			found.add("/"+m.name, "must be "+m.expected)
		case !present && m.required:
			found.add("/"+m.name, "is missing: send "+m.expected)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		found.add(escapePointer(name), "is unknown: leave it out")
	}
	if len(found.list) > 0 {
		return refused(what, found)
	}
	return nil
}

func (m member) decode(raw json.RawMessage) bool {
	if string(raw) == "null" || json.Unmarshal(raw, m.target) != nil {
		return false
	}
	return m.valid == nil || m.valid()
}
