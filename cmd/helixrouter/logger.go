package main

import (
	"io"
	"log/slog"

	"github.com/helixrouter/helix/helixotel"
)

// newLogger returns a logger of one line per event, times in UTC, no colours.
func newLogger(s *settings, out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.level, ReplaceAttr: inUTC}
	var handler slog.Handler = slog.NewTextHandler(out, options)
	if s.format == "json" {
		handler = slog.NewJSONHandler(out, options)
	}
	if s.spansTo != "" {
		handler = helixotel.LogHandler(handler)
	}
	return slog.New(handler)
}

func inUTC(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		a.Value = slog.TimeValue(a.Value.Time().UTC())
	}
	return a
}
