// Package openapi owns the form in which an HTTP API describes itself: OpenAPI 3.1, made
// from operations and from the Go types of their bodies, and a page of it for people. It
// must never know which operations there are, or answer a request.
package openapi
