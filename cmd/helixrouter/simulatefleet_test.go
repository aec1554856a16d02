package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/helixrouter/helix/internal/fleetsim"
)

// small is a fleet that takes a moment.
var small = []string{"fleet", "--nodes", "50", "--senders", "3", "--duration", "2s", "--load", "0.8", "--stale", "100ms,1s"}

func TestSimulateFleetGivesTheSameBytesForTheSameSeed(t *testing.T) {
	first, err := runSimulate(t, small...)
	if err != nil || !strings.HasPrefix(first, "way ") || strings.Count(first, "\n") != 1+4+2*4 {
		t.Fatalf("%v\n%s", err, first)
	}
	if again, err := runSimulate(t, small...); err != nil || again != first {
		t.Errorf("%v\n%s\n%s", err, first, again)
	}
	if other, err := runSimulate(t, append(small, "--seed", "2")...); err != nil || other == first {
		t.Errorf("%v: another seed gives the same", err)
	}
}

func TestSimulateFleetPrintsJSON(t *testing.T) {
	text, err := runSimulate(t, append(small, "--json", "--way", "random,two-choices", "--reports", "replies", "--order", "shortest", "--liars", "0.1", "--black-holes", "0.1", "--dying", "0.1")...)
	if err != nil {
		t.Fatal(err)
	}
	var rows []fleetsim.Row
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if len(rows) != 4 || rows[0].Way != fleetsim.Best || rows[0].P99ToBest != 1 || rows[3].StaleSeconds != 1 || rows[3].Order != "shortest" {
		t.Errorf("%+v", rows)
	}
	for _, r := range rows {
		if r.Offered == 0 || r.Nodes != 50 || r.Senders != 3 || r.P99ToBest < 1 {
			t.Errorf("%+v", r)
		}
	}
}

func TestSimulateFleetNamesWhatIsWrong(t *testing.T) {
	for want, args := range map[string][]string{
		"nodes 1":      {"--nodes", "1"},
		"senders 0":    {"--senders", "0"},
		"load -1":      {"--load", "-1"},
		"stale 3s":     {"--stale", "3s"},
		"two-choices":  {"--way", "guess"},
		"replies or":   {"--reports", "rumours"},
		"shortest":     {"--order", "longest"},
		"duration 0s":  {"--duration", "0s"},
		"mean 1ns":     {"--mean", "1ns"},
		"slow 2":       {"--slow", "2"},
		"liars 0.9":    {"--liars", "0.9"},
		"at most 2000": {"--duration", "1h", "--mean", "1ms"},
		"unknown":      {"nonsense"},
	} {
		if _, err := runSimulate(t, append([]string{"fleet"}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q in it", args, err, want)
		}
	}
}
