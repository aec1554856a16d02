package weights

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// maxAside is how many files are kept aside: enough to see that it happens again
	// and again, 20 MiB at the most.
	maxAside = 5
	// stamp has a fixed width and no character that a file system refuses.
	stamp = "20060102T150405.000000000Z"
	// abandonedAfter is the age at which an unfinished file has no process any more:
	// writing one takes milliseconds.
	abandonedAfter = time.Minute
)

// SetAside renames the file at path to path.reason-time and returns that name. Of
// such files the newest five stay.
func SetAside(path string, reason Reason, now time.Time) (kept string, err error) {
	path = target(path)
	kept = path + "." + string(reason) + "-" + now.UTC().Format(stamp)
	old, err := beside(path, isAside)
	if err != nil {
		return "", err
	}
	slices.SortFunc(old, func(a, b string) int { return strings.Compare(stampOf(a), stampOf(b)) })
	if err := os.Rename(path, kept); err != nil {
		return "", err
	}
	for len(old) >= maxAside {
		err = errors.Join(err, os.Remove(old[0]))
		old = old[1:]
	}
	return kept, errors.Join(err, syncFolder(filepath.Dir(path)))
}

// Sweep removes what processes that were killed while they saved to path have left.
func Sweep(path string, now time.Time) error {
	left, err := beside(target(path), isUnfinished)
	for _, name := range left {
		if about, e := os.Lstat(name); e == nil && now.Sub(about.ModTime()) > abandonedAfter {
			err = errors.Join(err, os.Remove(name))
		}
	}
	return err
}

// beside lists the files whose names are that of path and an ending of some form.
func beside(path string, form func(ending string) bool) (found []string, err error) {
	entries, err := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		ending, ok := strings.CutPrefix(e.Name(), filepath.Base(path))
		if ok && e.Type().IsRegular() && form(ending) {
			found = append(found, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return found, err
}

// isAside is strict, since what it accepts may be removed.
func isAside(ending string) bool {
	reason, at, ok := strings.Cut(ending, "-")
	if !ok || !strings.HasPrefix(reason, ".") || !slices.Contains(reasons, Reason(reason[1:])) {
		return false
	}
	_, err := time.Parse(stamp, at)
	return err == nil
}

func isUnfinished(ending string) bool {
	digits, ok := strings.CutPrefix(ending, unfinished)
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// stampOf returns the time in the name of a file that was set aside.
func stampOf(name string) string { return name[len(name)-len(stamp):] }
