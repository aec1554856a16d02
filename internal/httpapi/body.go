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

// readBody returns the body if it is one JSON text of one of the given media types.
func readBody(w http.ResponseWriter, r *http.Request, types ...string) ([]byte, error) {
	if err := checkType(r, types); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, newProblem(http.StatusRequestEntityTooLarge, "the body has more than %d bytes: send it in parts", maxBody)
	}
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, "the body broke off: send it again")
	}
	return body, checkJSON(body)
}

// checkType wants the type said: a form of a foreign page can post text, but not
// application/json.
func checkType(r *http.Request, types []string) error {
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
	return nil
}
