package httpapi

import "net/http"

// Page is what browsers get at /, such as package dashboard's. It is safe for
// concurrent use.
type Page interface {
	// Wanted reports whether a request for / asks for a page.
	Wanted(*http.Request) bool
	// ServePage answers / with the page.
	ServePage(http.ResponseWriter, *http.Request)
	// ServeAsset answers with one file of the page, or reports that there is none of
	// the name and has written nothing.
	ServeAsset(w http.ResponseWriter, r *http.Request, name string) bool
}
