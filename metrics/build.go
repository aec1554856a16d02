package metrics

import (
	"runtime"
	"runtime/debug"
)

const (
	modulePath = "github.com/helixrouter/helix"
	unknown    = "unknown"
)

// buildLabels returns the version of the router's module, of Go, and the revision.
// The revision is that of the program's own repository and so says nothing about
// the router where the router is a dependency; there it is unknown.
func buildLabels() []string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return []string{unknown, runtime.Version(), unknown}
	}
	return []string{versionOf(info), info.GoVersion, revisionOf(info)}
}

func versionOf(info *debug.BuildInfo) string {
	if info.Main.Path == modulePath {
		return known(info.Main.Version)
	}
	for _, m := range info.Deps {
		if m.Path != modulePath {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		return known(m.Version)
	}
	return unknown
}

// revisionOf marks a tree with changes that were not committed by "+dirty", as Go
// does in versions.
func revisionOf(info *debug.BuildInfo) string {
	if info.Main.Path != modulePath {
		return unknown
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if revision == "" {
		return unknown
	}
	return revision + dirty
}

func known(s string) string {
	if s == "" {
		return unknown
	}
	return s
}
