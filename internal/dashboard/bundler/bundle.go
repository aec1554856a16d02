package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// vendored are the packages that the sources import, by the files that stand for them.
var vendored = map[string]string{
	"preact":               "preact/preact.mjs",
	"preact/hooks":         "preact/hooks.mjs",
	"preact/jsx-runtime":   "preact/jsxRuntime.mjs",
	"@preact/signals":      "signals/signals.mjs",
	"@preact/signals-core": "signals-core/signals-core.mjs",
	"uplot":                "uplot/uPlot.esm.js",
}

// hashDigits of a name: 48 bits, so that no two versions of a file ever share one.
const hashDigits = 12

// bundle returns the files of dist by name.
func bundle(web string) (map[string][]byte, error) {
	web, err := filepath.Abs(web)
	if err != nil {
		return nil, err
	}
	script, err := build(web, "src/main.jsx")
	if err != nil {
		return nil, err
	}
	style, err := build(web, "style/main.css")
	if err != nil {
		return nil, err
	}
	icon, err := os.ReadFile(filepath.Join(web, "icon.svg"))
	if err != nil {
		return nil, err
	}
	licences, err := licences(web)
	if err != nil {
		return nil, err
	}
	page, err := os.ReadFile(filepath.Join(web, "index.html"))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, asset := range []struct {
		name string
		text []byte
	}{{"app.js", script}, {"app.css", style}, {"icon.svg", icon}, {"licences.txt", licences}} {
		hashed := hashedName(asset.name, asset.text)
		files[hashed] = asset.text
		placeholder := "{{" + asset.name + "}}"
		if !strings.Contains(string(page), placeholder) {
			return nil, fmt.Errorf("index.html does not name %s", placeholder)
		}
		page = []byte(strings.ReplaceAll(string(page), placeholder, "assets/"+hashed))
	}
	files["index.html"] = page
	return files, nil
}

// build bundles one entry point.
func build(web, entry string) ([]byte, error) {
	alias := map[string]string{}
	for name, file := range vendored {
		alias[name] = filepath.Join(web, "vendor", filepath.FromSlash(file))
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: web, // names in the output are relative to it, not to the machine
		EntryPoints:   []string{entry},
		Outdir:        "out", // for names only: nothing is written
		Bundle:        true,
		Format:        api.FormatESModule,
		Target:        api.ES2022,
		JSX:           api.JSXAutomatic, JSXImportSource: "preact",
		Alias:             alias,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone, // licences.txt has them whole
		Charset:           api.CharsetUTF8,
	})
	var faults []error
	for _, m := range append(result.Errors, result.Warnings...) {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		faults = append(faults, errors.New(where+m.Text))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return result.OutputFiles[0].Contents, nil
}

// licences are those of everything that is not ours, in one text.
func licences(web string) ([]byte, error) {
	var text strings.Builder
	text.WriteString("What this page is built with, each under its own licence.\n")
	for _, folder := range []string{"preact", "signals", "signals-core", "uplot"} {
		version, err := os.ReadFile(filepath.Join(web, "vendor", folder, "VERSION"))
		if err != nil {
			return nil, err
		}
		licence, err := os.ReadFile(filepath.Join(web, "vendor", folder, "LICENSE"))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&text, "\n%s\n%s", strings.Repeat("=", 72)+"\n"+string(version), licence)
	}
	return []byte(text.String()), nil
}

// hashedName is app.js as app-0123456789ab.js.
func hashedName(name string, text []byte) string {
	sum := sha256.Sum256(text)
	extension := filepath.Ext(name)
	return strings.TrimSuffix(name, extension) + "-" + hex.EncodeToString(sum[:])[:hashDigits] + extension
}
