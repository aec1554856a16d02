// Package dashboard owns the page at / : its sources in web, what is built from them
// in dist, and how that is served from the binary. It must never know a router or
// the API: the page asks the API itself, as any other client.
//
// # How it is built
//
// go generate bundles web into dist, which is committed, with the bundler in the module of its
// own beside it. That needs neither Node nor the network; the libraries are in
// web/vendor, with their versions, hashes and licences. CI fails where dist is not,
// byte for byte, what the sources give.
//
// # How it is served
//
// Names of assets carry a hash of their content, so a browser may keep them for ever;
// the page itself is asked about each time, by its ETag. Nothing on the page comes
// from another host, and its Content-Security-Policy sees to it: no inline script,
// no inline style, no frame around it.
package dashboard

//go:generate go -C bundler run .
