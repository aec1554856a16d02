package dashboard

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed dist
var dist embed.FS

// policy lets the page load what this server serves and nothing else, be shown in no
// frame, and send its form nowhere but through its script.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"

// forever is what a browser may keep: the name changes with the content.
const forever = "public, max-age=31536000, immutable"

// worthPacking is the size from which a file is compressed: below it, it fits into
// one packet anyway.
const worthPacking = 1400

// file is one file as it is sent.
type file struct {
	mediaType string
	etag      string
	plain     []byte
	packed    func() []byte // gzip, made when it is first asked for; nil = not worth it
}

// Page serves the page and its assets. Make one with New. It is safe for concurrent use.
type Page struct {
	files map[string]*file // by name in dist
}

// New returns the page that is embedded in the binary.
func New() *Page {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return pageOf(sub)
}

func pageOf(files fs.FS) *Page {
	p := &Page{files: map[string]*file{}}
	names, err := fs.Glob(files, "*")
	if err != nil {
		panic(err) // the pattern is well formed
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err) // what is embedded can be read
		}
		p.files[name] = newFile(name, text)
	}
	return p
}

func newFile(name string, text []byte) *file {
	sum := sha256.Sum256(text)
	f := &file{mediaType: mediaType(name), etag: `"` + hex.EncodeToString(sum[:16]) + `"`, plain: text}
	if len(text) >= worthPacking {
		f.packed = sync.OnceValue(func() []byte { return pack(text) })
	}
	return f
}

// mediaType does not ask the machine, whose tables differ.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "text/plain; charset=utf-8"
}

func pack(text []byte) []byte {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // the level is valid, and a buffer takes everything
	}
	return packed.Bytes()
}

// Wanted reports whether who asks for / is a browser: curl and other programs, which
// do not name text/html, are better served by a list they can read.
func (*Page) Wanted(r *http.Request) bool {
	for accepted := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		kind, params, err := mime.ParseMediaType(accepted)
		if err == nil && kind == "text/html" {
			return accepts(params["q"])
		}
	}
	return false
}

// accepts reads a weight: what has none is accepted.
func accepts(weight string) bool {
	q, err := strconv.ParseFloat(weight, 64)
	return weight == "" || err == nil && q > 0
}

// ServePage answers / with the page.
func (p *Page) ServePage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache") // may be kept, must be asked about
	p.files["index.html"].serve(w, r)
}

// ServeAsset answers with the asset of a name, and reports whether there is one.
func (p *Page) ServeAsset(w http.ResponseWriter, r *http.Request, name string) bool {
	f := p.files[name]
	if f == nil || name == "index.html" {
		return false
	}
	w.Header().Set("Cache-Control", forever)
	f.serve(w, r)
	return true
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Add("Vary", "Accept-Encoding")
	h.Set("ETag", f.etag)
	if matches(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	text := f.plain
	if f.packed != nil && takesGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		text = f.packed()
	}
	h.Set("Content-Type", f.mediaType)
	h.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(text) // that the client has gone is no error; net/http drops the body of a HEAD
}

// matches compares as If-None-Match does, weakly: a proxy that packs makes a tag weak.
func matches(header, etag string) bool {
	for given := range strings.SplitSeq(header, ",") {
		given = strings.TrimPrefix(strings.TrimSpace(given), "W/")
		if given == etag || given == "*" {
			return true
		}
	}
	return false
}

func takesGzip(header string) bool {
	for accepted := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(accepted, ";")
		if strings.TrimSpace(coding) != "gzip" {
			continue
		}
		return accepts(strings.TrimPrefix(strings.ReplaceAll(params, " ", ""), "q="))
	}
	return false
}
