package main

import (
	"io"
	"log/slog"
)

// newLogger returns a logger of one line per event, times in UTC, no colours.
func newLogger(s *settings, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.level, ReplaceAttr: inUTC}
	if s.format == "json" {
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

func inUTC(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	}
	return a
}
