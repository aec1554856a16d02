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
	if body[0] != '[' {
		job, faults := decodeJob(body, kinds, "")
		return jobList{jobs: []helix.Job{job}}, jobsProblem(faults)
	}
	var records []json.RawMessage
	if err := json.Unmarshal(body, &records); err != nil {
		return jobList{}, err // it is valid JSON and begins as an array
	}
	if len(records) > maxJobs {
		return jobList{}, jobsProblem([]fault{{"", fmt.Sprintf("the array has %d jobs: send at most %d at once", len(records), maxJobs)}})
	}
	list := jobList{jobs: make([]helix.Job, len(records)), array: true}
	var all []fault
	for i, record := range records {
		job, faults := decodeJob(record, kinds, fmt.Sprintf("/%d", i))
		list.jobs[i] = job
		all = append(all, faults...)
	}
	return list, jobsProblem(all)
}

// decodeJob reads one record; at is where it is in the body.
func decodeJob(record []byte, kinds []string, at string) (helix.Job, []fault) {
	var job helix.Job
	err := job.UnmarshalJSON(record)
	if invalid, ok := errors.AsType[*helix.JobError](err); ok {
		faults := make([]fault, len(invalid.Faults))
		for i, f := range invalid.Faults {
			faults[i] = fault{at + f.Pointer, f.Message}
		}
		return job, faults
	}
	if err != nil {
		return job, []fault{{at, "must be a JSON object: a job record"}}
	}
	if _, known := slices.BinarySearch(kinds, job.Kind); !known {
		return job, []fault{{at + "/kind", unknownKind(kinds)}}
	}
	return job, nil
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

func jobsProblem(faults []fault) error {
	if len(faults) == 0 {
		return nil
	}
	return refused(jobsRefused, faults)
}
