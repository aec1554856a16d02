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
		return refused(what, []fault{{"", "the body must be a JSON object"}})
	}
	var faults []fault
	for _, m := range members {
		raw, present := given[m.name]
		delete(given, m.name)
		switch {
		case present && !m.decode(raw):
			faults = append(faults, fault{"/" + m.name, "must be " + m.expected})
		case !present && m.required:
			faults = append(faults, fault{"/" + m.name, "is missing: send " + m.expected})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		faults = append(faults, fault{escapePointer(name), "is unknown: leave it out"})
	}
	if len(faults) > 0 {
		return refused(what, faults)
	}
	return nil
}

func (m member) decode(raw json.RawMessage) bool {
	if string(raw) == "null" || json.Unmarshal(raw, m.target) != nil {
		return false
	}
	return m.valid == nil || m.valid()
}
