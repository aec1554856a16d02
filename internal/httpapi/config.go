package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/helixrouter/helix"
)

func (a *API) getConfig(w http.ResponseWriter, r *http.Request) error {
	text, etag, err := encodeConfig(a.router.Config())
	if err != nil {
		return err
	}
	notModified, err := checkPreconditions(r, etag)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", "no-cache") // may be kept, must be asked about
	if notModified {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return sendText(w, typeJSON, http.StatusOK, text)
}

// postConfig replaces: what is absent takes its default.
func (a *API) postConfig(w http.ResponseWriter, r *http.Request) error {
	return a.changeConfig(w, r, func(_ helix.Config, p helix.ConfigPatch) (helix.Config, error) {
		return p.Apply(helix.DefaultConfig())
	}, typeJSON)
}

// patchConfig merges (RFC 7396): what is absent stays, what is null takes its default.
func (a *API) patchConfig(w http.ResponseWriter, r *http.Request) error {
	return a.changeConfig(w, r, func(old helix.Config, p helix.ConfigPatch) (helix.Config, error) {
		return p.Apply(old)
	}, typeJSON, typePatch)
}

// configChange makes the next configuration from the live one and a body.
type configChange func(old helix.Config, p helix.ConfigPatch) (helix.Config, error)

func (a *API) changeConfig(w http.ResponseWriter, r *http.Request, change configChange, types ...string) error {
	dryRun, err := wantsDryRun(r)
	if err != nil {
		return err
	}
	var patch helix.ConfigPatch
	err = a.readBody(w, r, func(body []byte) (err error) {
		patch, err = helix.ParseConfigPatch(body)
		if err != nil {
			return refused(configRefused, oneFault("", "the body must be a JSON object"))
		}
		return nil
	}, types...)
	if err != nil {
		return err
	}
	next, live, err := a.replace(r, patch, change.refusing(takeUnknown(patch)), dryRun)
	if err != nil {
		return err
	}
	text, _, err := encodeConfig(next)
	if err != nil {
		return err
	}
	_, etag, err := encodeConfig(live)
	if err != nil {
		return err
	}
	// After a dry run the tag is still the live one's: the one to send in If-Match
	// when the change is meant.
	w.Header().Set("ETag", etag)
	return sendText(w, typeJSON, http.StatusOK, text)
}

// replace changes the configuration if it is still the one that the conditions
// were checked against, and looks again if it is not: so of two writers that read
// the same tag one is refused. It ends, since who makes us look again has
// made its own change. The second result is what is live afterwards.
func (a *API) replace(r *http.Request, patch helix.ConfigPatch, change configChange, dryRun bool) (next, live helix.Config, err error) {
	for {
		old := a.router.Config()
		_, etag, err := encodeConfig(old)
		if err != nil {
			return next, live, err
		}
		if _, err := checkPreconditions(r, etag); err != nil {
			return next, live, err
		}
		next, err := change(old, patch)
		if err != nil {
			return next, live, err
		}
		if dryRun {
			return next, old, nil
		}
		switch done, err := a.router.ReplaceConfig(old, next); {
		case err != nil:
			return next, live, configProblem(err, faults{})
		case done:
			return next, next, nil
		}
	}
}

func encodeConfig(c helix.Config) (text []byte, etag string, err error) {
	text, err = json.Marshal(c)
	return text, etagOf(text), err
}
