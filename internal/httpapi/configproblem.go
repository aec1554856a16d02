package httpapi

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/helixrouter/helix"
)

const configRefused = "invalid configuration, nothing was changed"

// configProblem is nil where there is neither an error nor a fault.
func configProblem(err error, found faults) error {
	invalid, ok := errors.AsType[*helix.ConfigError](err)
	switch {
	case ok:
		for _, f := range invalid.Faults {
			found.add(escapePointer(f.Field), f.Message)
		}
	case err != nil:
		return err
	}
	if len(found.list) == 0 {
		return nil
	}
	return refused(configRefused, found)
}

// refusing is the change that is refused for unknown members too.
func (change configChange) refusing(unknown faults) configChange {
	return func(old helix.Config, p helix.ConfigPatch) (helix.Config, error) {
		next, err := change(old, p)
		return next, configProblem(err, unknown)
	}
}

// takeUnknown takes the unknown members out of a patch. Its own fault for each of
// them lists all the fields, which once is enough.
func takeUnknown(p helix.ConfigPatch) (unknown faults) {
	fields := helix.ConfigFields()
	message := "is unknown: the fields are " + strings.Join(fields, ", ")
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if slices.Contains(fields, name) {
			continue
		}
		unknown.add(escapePointer(name), message)
		message = "is unknown: leave it out"
		delete(p, name)
	}
	return unknown
}

// wantsDryRun is strict about the query: a misspelt dry_run would change what
// was only to be checked.
func wantsDryRun(r *http.Request) (bool, error) {
	query, err := url.ParseQuery(r.URL.RawQuery) // URL.Query would drop what it cannot read
	if err != nil {
		return false, newProblem(http.StatusUnprocessableEntity, "the query cannot be read, nothing was changed: %v", err)
	}
	dryRun := false
	for name, values := range query {
		if name != "dry_run" {
			return false, newProblem(http.StatusUnprocessableEntity, "the query has the unknown parameter %q, nothing was changed: dry_run is the only one", name)
		}
		given, err := strconv.ParseBool(values[len(values)-1])
		if err != nil || len(values) > 1 {
			return false, newProblem(http.StatusUnprocessableEntity, "the query has dry_run %q, nothing was changed: give true or false once", values)
		}
		dryRun = given
	}
	return dryRun, nil
}
