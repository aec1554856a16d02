package filewatch

import (
	"os"
	"path/filepath"

	"github.com/fsnotify/fsnotify"
)

// mostLinks is how many links of a chain are followed, as many as Linux follows.
const mostLinks = 40

// directories are those that are watched. Directories and not the file: a file that was
// renamed over is another one, of which nobody would hear.
type directories map[string]bool

// follow watches every directory that a path leads through, and no longer those that it
// has led through. What cannot be watched is tried again next time.
func (d directories) follow(watcher *fsnotify.Watcher, path string) {
	wanted := map[string]bool{}
	for range mostLinks {
		parent, resolved, isLink := linkIn(path)
		if !isLink {
			break
		}
		wanted[parent] = true
		path = resolved
	}
	wanted[filepath.Dir(path)] = true
	for dir := range d {
		if !wanted[dir] {
			_ = watcher.Remove(dir) // it may be gone
			delete(d, dir)
		}
	}
	for dir := range wanted {
		// Again each time: a directory that was made anew has the old name.
		if watcher.Add(dir) == nil {
			d[dir] = true
		}
	}
}

// linkIn resolves the first link in a path, at whatever depth, and says in which directory
// it is. There is none before that one, so that no directory is watched under two names.
func linkIn(path string) (parent, resolved string, found bool) {
	parent, name := filepath.Dir(path), filepath.Base(path)
	if parent == path {
		return "", "", false
	}
	if above, target, ok := linkIn(parent); ok {
		return above, filepath.Join(target, name), true
	}
	target, err := os.Readlink(path)
	if err != nil {
		return "", "", false
	}
	if !filepath.IsAbs(target) {
		target = filepath.Join(parent, target)
	}
	return parent, target, true
}
