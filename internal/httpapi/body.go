package httpapi

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxBody bounds a request's body: 1000 jobs of some 150 inputs each, or any
// configuration many times over.
const maxBody = 1 << 20

const (
	typeJSON  = "application/json"
	typePatch = "application/merge-patch+json"
)

// readBody hands over the body if it is one JSON text of one of the given media
// types. It comes in first and waits for its turn then, so that a client that sends
// slowly keeps nobody from being read.
func (a *API) readBody(w http.ResponseWriter, r *http.Request, decode func(body []byte) error, types ...string) error {
	if err := checkType(r, types); err != nil {
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return newProblem(http.StatusRequestEntityTooLarge, "the body has more than %d bytes: send it in parts", maxBody)
	}
	if err != nil {
		return newProblem(http.StatusBadRequest, "the body broke off: send it again")
	}
	if err := a.decoders.enter(r.Context()); err != nil {
		return err
	}
	defer a.decoders.leave()
	if err := checkJSON(body); err != nil {
		return err
	}
	return decode(body)
}

// checkType wants the type said: a form of a foreign page can post text, but not
// application/json.
func checkType(r *http.Request, types []string) error {
	if coding := strings.Join(r.Header.Values("Content-Encoding"), ", "); coding != "" && !strings.EqualFold(coding, "identity") {
		return newProblem(http.StatusUnsupportedMediaType, "content encoding %q is not taken here: send the body as it is", coding).
			with("Accept-Encoding", "identity") // RFC 9110 section 12.5.3
	}
	given := r.Header.Get("Content-Type")
	mediaType, params, err := mime.ParseMediaType(given)
	charset := strings.ToLower(params["charset"])
	if err == nil && slices.Contains(types, mediaType) && (charset == "" || charset == "utf-8") {
		return nil
	}
	accepted := strings.Join(types, ", ")
	p := newProblem(http.StatusUnsupportedMediaType, "content type %q is not taken here: send JSON in UTF-8 as %s", given, strings.Join(types, " or "))
	if r.Method == http.MethodPatch {
		return p.with("Accept-Patch", accepted) // RFC 5789
	}
	return p.with("Accept-Post", accepted)
}

func checkJSON(body []byte) error {
	if !utf8.Valid(body) {
		return newProblem(http.StatusBadRequest, "the body is not UTF-8")
	}
	var text json.RawMessage
	err := json.Unmarshal(body, &text)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return newProblem(http.StatusBadRequest, "the body is not JSON: %v after %d bytes", err, syntax.Offset)
	}
	if err != nil {
		return newProblem(http.StatusBadRequest, "the body is not JSON: %v", err)
	}
	if twice := repeatedMembers(body); len(twice.list) > 0 {
		return refused("ambiguous body, nothing was done", twice)
	}
	return nil
}
