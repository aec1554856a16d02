package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/helixrouter/helix"
)

const (
	// maxJobs bounds an array of jobs: enough to hide the cost of a request, few
	// enough that one request cannot keep the router to itself for long.
	maxJobs = 1000
	// shownKinds bounds the list of kinds that an answer to an unknown one names.
	shownKinds = 16

	jobsRefused = "invalid job, nothing ran"
)

// jobList is the jobs of one body.
type jobList struct {
	jobs  []helix.Job
	array bool // the body was an array, so the answer is one
}

// decodeJobs reads one job or an array of jobs. A fault in one of them refuses them
// all, so that whoever mends it can send the same body again.
func decodeJobs(body []byte, kinds []string) (jobList, error) {
	body = bytes.TrimSpace(body)
	r := recordReader{kinds: kinds}
	switch body[0] {
	case '[':
		return r.array(body)
	case '{':
		list := jobList{jobs: []helix.Job{r.job(body, "")}}
		return list, r.problem()
	}
	r.faults.add("", "must be a JSON object, a job record, or an array of them")
	return jobList{}, r.problem()
}

// recordReader reads job records and collects what is wrong with them.
type recordReader struct {
	kinds  []string
	faults faults
}

func (r *recordReader) array(body []byte) (jobList, error) {
	var records []json.RawMessage
	if err := json.Unmarshal(body, &records); err != nil {
		return jobList{}, err // it is valid JSON and begins as an array
	}
	if len(records) > maxJobs {
		r.faults.add("", fmt.Sprintf("the array has %d jobs: send at most %d at once", len(records), maxJobs))
		return jobList{}, r.problem()
	}
	list := jobList{jobs: make([]helix.Job, len(records)), array: true}
	for i, record := range records {
		list.jobs[i] = r.job(record, fmt.Sprintf("/%d", i))
	}
	return list, r.problem()
}

// job reads one record; at is where it is in the body.
func (r *recordReader) job(record []byte, at string) (job helix.Job) {
	if record[0] != '{' {
		r.faults.add(at, "must be a JSON object: a job record")
		return job
	}
	err := job.UnmarshalJSON(record)
	invalid, ok := errors.AsType[*helix.JobError](err)
	switch {
	case ok:
		for _, f := range invalid.Faults {
			r.faults.add(at+f.Pointer, f.Message)
		}
		job.Kind, ok = kindOf(record)
	case err != nil:
		r.faults.add(at, "must be a JSON object: a job record")
	default:
		ok = true
	}
	if _, known := slices.BinarySearch(r.kinds, job.Kind); ok && !known {
		r.faults.add(at+"/kind", unknownKind(r.kinds))
	}
	return job
}

// kindOf reads the kind of a record that has other faults. It is false where the
// kind is one of them.
func kindOf(record []byte) (kind string, ok bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(record, &members) != nil || len(members["kind"]) == 0 || members["kind"][0] != '"' {
		return "", false
	}
	return kind, json.Unmarshal(members["kind"], &kind) == nil
}

func (r *recordReader) problem() error {
	if len(r.faults.list) == 0 {
		return nil
	}
	return refused(jobsRefused, r.faults)
}

func unknownKind(kinds []string) string {
	if len(kinds) == 0 {
		return "is not registered: no kind that takes job records is"
	}
	shown := kinds[:min(len(kinds), shownKinds)]
	more := ""
	if len(kinds) > len(shown) {
		more = fmt.Sprintf(" or %d others", len(kinds)-len(shown))
	}
	return "is not registered: use one of " + strings.Join(shown, ", ") + more
}
