package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// etagBytes of a SHA-256 are enough: nobody gains by two configurations of one hash.
const etagBytes = 16

// etagOf returns the strong validator of a representation.
func etagOf(text []byte) string {
	hash := sha256.Sum256(text)
	return `"` + hex.EncodeToString(hash[:etagBytes]) + `"`
}

// checkPreconditions holds a request's conditions against the ETag of what is there
// now, in the order of RFC 9110 section 13.2.2. notModified is GET's 304.
func checkPreconditions(r *http.Request, etag string) (notModified bool, err error) {
	if given := r.Header.Values("If-Match"); len(given) > 0 && !matches(given, etag, false) {
		return false, newProblem(http.StatusPreconditionFailed,
			"the configuration is %s now, not what If-Match names: read it again and redo the change", etag).with("ETag", etag)
	}
	if given := r.Header.Values("If-None-Match"); len(given) == 0 || !matches(given, etag, true) {
		return false, nil
	}
	if reads(r.Method) {
		return true, nil
	}
	return false, newProblem(http.StatusPreconditionFailed, "the configuration is %s, which If-None-Match excludes", etag).with("ETag", etag)
}

// matches reports whether a list of entity tags, or "*", has the given one. A weak
// tag (W/) counts only where the comparison may be weak. A list is read up to the
// first thing that is no tag.
func matches(fields []string, etag string, weak bool) bool {
	list := strings.Join(fields, ",")
	if strings.TrimSpace(list) == "*" {
		return true
	}
	for {
		list = strings.TrimLeft(list, ", \t")
		tag, isWeak := strings.CutPrefix(list, "W/")
		if !strings.HasPrefix(tag, `"`) {
			return false
		}
		end := strings.Index(tag[1:], `"`) + 2 // a comma may be inside of a tag
		if end < 2 {
			return false
		}
		if tag[:end] == etag && (weak || !isWeak) {
			return true
		}
		list = tag[end:]
	}
}
