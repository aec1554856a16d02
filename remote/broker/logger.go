package broker

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// logger gives the server's lines to ours. It implements server.Logger.
type logger struct {
	log    *slog.Logger
	failed chan string

	mu   sync.Mutex
	last map[string]time.Time // when a line of a format was written; guarded by mu
}

const (
	// sameEvery is how often a line of one sort is written: a node that is away would fill the log with attempts.
	sameEvery = 10 * time.Second
	// mostSorts bounds the sorts that are told apart; NATS has some hundreds.
	mostSorts = 1024
)

func (l *logger) line(level func(string, ...any), format string, v []any) {
	if l.due(format, time.Now()) {
		level("NATS: " + strings.TrimSpace(fmt.Sprintf(format, v...)))
	}
}

func (l *logger) due(format string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, ok := l.last[format]; ok && now.Sub(last) < sameEvery {
		return false
	}
	if l.last == nil || len(l.last) >= mostSorts {
		l.last = map[string]time.Time{}
	}
	l.last[format] = now
	return true
}

// Noticef implements server.Logger. What the server tells of itself is for whoever looks for it.
func (l *logger) Noticef(format string, v ...any) { l.line(l.log.Debug, format, v) }

// Warnf implements server.Logger.
func (l *logger) Warnf(format string, v ...any) { l.line(l.log.Warn, format, v) }

// Errorf implements server.Logger.
func (l *logger) Errorf(format string, v ...any) { l.line(l.log.Error, format, v) }

// Debugf implements server.Logger.
func (l *logger) Debugf(format string, v ...any) { l.line(l.log.Debug, format, v) }

// Tracef implements server.Logger.
func (l *logger) Tracef(format string, v ...any) { l.line(l.log.Debug, format, v) }

// Fatalf implements server.Logger: the server takes it that the process ends. Start tells its caller instead.
func (l *logger) Fatalf(format string, v ...any) {
	err := fmt.Errorf(format, v...)
	l.log.Error("the embedded NATS server has a fault that ends it", slog.Any("error", err))
	select {
	case l.failed <- err.Error():
	default:
	}
}
