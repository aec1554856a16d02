// Package httpapi owns the HTTP face of a router: its paths, the JSON that goes
// in and out, its errors, and who may call what. It must never decide how a job
// runs, keep statistics of its own, open a listener, or read flags, files and
// the environment: the router answers, the daemon wires.
//
// # Errors
//
// Every answer of 400 and above is a problem (RFC 9457), written by one function
// from one type, problem. Handlers return an error; endpoint turns it into that.
// The one exception is /readyz, whose 503 is its answer.
//
// # Safety
//
// Before any path is looked at: the Host must be a loopback name, an IP address or a
// listed name (against DNS rebinding), a browser's cross-origin write is refused,
// and a write from beyond loopback needs the bearer token and comes at most ten times a
// second, jobs excepted. Bodies are bounded, read strictly and refused as a whole: a fault
// anywhere in a request means that nothing of it happened. Every answer lets a browser
// take scripts and styles from here alone. Streams are bounded in number.
//
// # The table
//
// entries (table.go) lists each path with what answers and what is said of it. The
// lookup, the 405 answers, the list at /, /openapi.json and /docs are made of it.
//
// # Goroutines
//
// New starts one that watches the queue for /readyz and one that keeps the history. POST
// /api/simulate starts at most one more, with workers of its own, and the readers of
// /api/stream/decisions share one. Close ends them all and waits. POST /api/jobs with an
// array starts workers that end before the request does.
//
// # Why no framework
//
// The bodies here need what huma v2.37 does not give (tried, by request): names of
// members compared with their case, a missing or wrong Content-Type refused, JSON
// pointers, integers exact, null as a value of a merge patch, problems for 404
// and 405 too, and an error type that is not a variable of the whole process.
package httpapi
