package main

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"
)

// flagValue is a flag whose text is parsed by a function, with words of ours when
// it cannot be. It implements pflag.Value, for flags and variables alike.
type flagValue[T any] struct {
	target *T
	parse  func(text string) (T, error)
	kind   string // what help calls the argument
}

// Set implements pflag.Value.
func (v flagValue[T]) Set(text string) error {
	parsed, err := v.parse(text)
	if err == nil {
		*v.target = parsed
	}
	return err
}

// String implements pflag.Value.
func (v flagValue[T]) String() string { return strings.ToLower(fmt.Sprint(*v.target)) }

// Type implements pflag.Value.
func (v flagValue[T]) Type() string { return v.kind }

// whole takes a whole number from 0 to most.
func whole(most uint64) func(string) (uint64, error) {
	return func(text string) (uint64, error) {
		v, err := strconv.ParseUint(text, 10, 64)
		if err != nil || v > most {
			return 0, fmt.Errorf("must be a whole number from 0 to %d", most)
		}
		return v, nil
	}
}

// positive takes a whole number from 1 to most.
func positive(most uint64) func(string) (uint64, error) {
	return func(text string) (uint64, error) {
		v, err := whole(most)(text)
		if err != nil || v == 0 {
			return 0, fmt.Errorf("must be a whole number from 1 to %d", most)
		}
		return v, nil
	}
}

func parseAddress(text string) (string, error) {
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", fmt.Errorf("must be host:port, such as 127.0.0.1:8080 or [::1]:8080")
	}
	if _, err := whole(maxPort)(port); err != nil {
		return "", fmt.Errorf("must end in a port from 0 to %d", maxPort)
	}
	return text, nil
}

func parseTimeout(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("must be a duration above 0, such as 25s or 1m30s")
	}
	return d, nil
}

func parseLevel(text string) (slog.Level, error) {
	switch strings.ToLower(text) {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("must be debug, info, warn or error")
}

func parseFormat(text string) (string, error) {
	if text != "text" && text != "json" {
		return "", fmt.Errorf("must be text or json")
	}
	return text, nil
}

// parseNames splits a comma separated list.
func parseNames(text string) ([]string, error) {
	names := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	if len(names) == 0 {
		return nil, fmt.Errorf("must be host names, separated by commas")
	}
	return names, nil
}
