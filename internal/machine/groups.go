package machine

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// The trees of control groups below the mount point. Version 2 has one tree, at the
// mount point itself or, beside version 1, under "unified". Version 1 has one for
// each set of controllers, named after the set.
const unified = "unified"

// locate opens the groups that may limit the process: its own and all above it, in
// both versions. In a container the path that the process is told may be that of
// the host; what is not there is passed over, and the root of the mount, which is
// the container's own group then, is always among them.
func locate(paths Paths) []*group {
	text, err := os.ReadFile(paths.Self)
	if err != nil {
		text = []byte("0::/\n1:cpu:/\n") // perhaps only /proc is missing
	}
	var found []*group
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, own, ok := strings.Cut(rest, ":")
		switch {
		case !ok:
		case controllers == "":
			found = append(found, ancestors(paths.Cgroup, own, openV2)...)
			found = append(found, ancestors(filepath.Join(paths.Cgroup, unified), own, openV2)...)
		case slices.Contains(strings.Split(controllers, ","), "cpu"):
			found = append(found, v1Ancestors(paths.Cgroup, controllers, own)...)
		}
	}
	return found
}

// v1Ancestors looks under the name of the whole set and, where that is not, under
// the controller's own, which most systems have as a link to it.
func v1Ancestors(mount, controllers, own string) []*group {
	for _, name := range []string{controllers, "cpu"} {
		if found := ancestors(filepath.Join(mount, name), own, openV1); len(found) > 0 {
			return found
		}
	}
	return nil
}

// ancestors opens the group at own and all above it.
func ancestors(tree, own string, open func(dir string) *group) (found []*group) {
	for at := path.Clean("/" + own); ; at = path.Dir(at) {
		if g := open(filepath.Join(tree, filepath.FromSlash(at))); g != nil {
			found = append(found, g)
		}
		if at == "/" {
			return found
		}
	}
}

// openV2 opens a group of version 2, or returns nil. The root group has no limit
// and no file for one.
func openV2(dir string) *group {
	limit, err := os.Open(filepath.Join(dir, "cpu.max"))
	if err != nil {
		return nil
	}
	return &group{limit: limit, stat: openOrNil(filepath.Join(dir, "cpu.stat"))}
}

// openV1 opens a group of version 1, or returns nil.
func openV1(dir string) *group {
	limit, err := os.Open(filepath.Join(dir, "cpu.cfs_quota_us"))
	if err != nil {
		return nil
	}
	return &group{
		limit:  limit,
		period: openOrNil(filepath.Join(dir, "cpu.cfs_period_us")),
		stat:   openOrNil(filepath.Join(dir, "cpu.stat")),
	}
}

func openOrNil(name string) *os.File {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	return f
}
