package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDistIsWhatTheSourcesGive fails where somebody changed one and not the other.
func TestDistIsWhatTheSourcesGive(t *testing.T) {
	files, err := bundle("../web")
	if err != nil {
		t.Fatal(err)
	}
	if err := compare("../dist", files); err != nil {
		t.Error(err)
	}
}

// TestSameBytesElsewhere builds a copy of the sources under another path: nothing of
// the machine may be in the result.
func TestSameBytesElsewhere(t *testing.T) {
	here, err := bundle("../web")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "some", "other place")
	if err := os.CopyFS(elsewhere, os.DirFS("../web")); err != nil {
		t.Fatal(err)
	}
	there, err := bundle(elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := slices.Sorted(maps.Keys(here)), slices.Sorted(maps.Keys(there)); !slices.Equal(a, b) {
		t.Errorf("names with hashes differ: %q and %q", a, b)
	}
}

func TestCompareNamesWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir, map[string][]byte{"a": []byte("1"), "b": []byte("2")}); err != nil {
		t.Fatal(err)
	}
	err := compare(dir, map[string][]byte{"a": []byte("1"), "b": []byte("3"), "c": nil})
	if err == nil || !strings.Contains(err.Error(), `"b is missing or not`) || !strings.Contains(err.Error(), `"c is missing`) {
		t.Errorf("got %v", err)
	}
	if err := compare(dir, map[string][]byte{"a": []byte("1")}); err == nil || !strings.Contains(err.Error(), "b is not made") {
		t.Errorf("got %v", err)
	}
	if err := write(dir, map[string][]byte{"a": []byte("1")}); err != nil {
		t.Fatal(err)
	}
	if err := compare(dir, map[string][]byte{"a": []byte("1")}); err != nil {
		t.Error(err)
	}
}
