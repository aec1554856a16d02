package weights_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/helixrouter/helix"
	"github.com/helixrouter/helix/internal/weights"
)

// FuzzLoad: whatever the file, Load returns an error or what a router takes.
func FuzzLoad(f *testing.F) {
	good, err := json.Marshal(learned(3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:100])
	f.Add([]byte(`{"version":1,"sample_count":1,"weights":[]}`))
	path := filepath.Join(f.TempDir(), "w.json")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := weights.Load(path)
		if err != nil {
			return
		}
		if err := weights.Save(path, s); err != nil {
			t.Fatalf("it cannot be saved again: %v", err)
		}
		r, err := helix.New(helix.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		for number, k := range s.Kinds { // the router is stricter about names than a file
			k.Name = "kind " + string(rune('a'+number%26)) + string(rune('a'+number/26))
			s.Kinds[number] = k
		}
		if err := r.RestoreNeural(s); err != nil {
			t.Fatalf("the router refuses what Load believes: %v", err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}
