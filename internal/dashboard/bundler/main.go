// Command bundler makes ../dist, what the daemon serves, out of ../web: one script,
// one style sheet, an icon and the licences, each under a name with the hash of
// its content, and the page that names them. It needs neither Node nor the network.
// The same sources give the same bytes, on every machine.
//
//	go run .          # writes dist
//	go run . -check   # writes nothing, and fails where dist is not what it would write
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("bundler: ")
	web := flag.String("web", "../web", "the sources")
	dist := flag.String("dist", "../dist", "what is written")
	check := flag.Bool("check", false, "compare, and write nothing")
	flag.Parse()
	files, err := bundle(*web)
	if err != nil {
		log.Fatal(err)
	}
	if *check {
		err = compare(*dist, files)
	} else {
		err = write(*dist, files)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// write replaces the content of a folder.
func write(dir string, files map[string][]byte) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
		fmt.Printf("%7d %s\n", len(text), name)
	}
	return nil
}

// compare returns an error that names what differs.
func compare(dir string, files map[string][]byte) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var wrong []string
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok {
			wrong = append(wrong, e.Name()+" is not made from the sources")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(text, files[name]) {
			wrong = append(wrong, name+" is missing or not what the sources give")
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s is not what the sources in web give: %q; run go generate ./internal/dashboard and commit it", dir, wrong)
	}
	return nil
}
