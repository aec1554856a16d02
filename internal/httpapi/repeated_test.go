package httpapi

import (
	"bytes"
	"encoding/json"
	"testing"
)

// TestRepeatedMembers: names are compared as they read, not as they are written.
func TestRepeatedMembers(t *testing.T) {
	for text, pointers := range map[string][]string{
		`{}`: nil, ` [ ] `: nil, `7`: nil, `"a"`: nil, `{"a":1,"A":1}`: nil, `[{"a":1},{"a":1}]`: nil, `{"a":{"a":{"a":1}}}`: nil,
		`{"a":"\"a\":","a\\":[],"b":"}"}`: nil,
		`{"a":1,"\u0061":2}`:              {"/a"},
		`{"a":1,"a":2,"a":3}`:             {"/a", "/a"},
		` { "x" : [ 1 , { "~/" : 1 , "~/" : -1.5e3 } ] , "x" : null } `: {"/x/1/~0~1", "/x"},
		`{"":1,"":2}`: {"/"},
	} {
		var got []string
		for _, f := range repeatedMembers([]byte(text)).list {
			got = append(got, f.Pointer)
		}
		if len(got) != len(pointers) {
			t.Errorf("%s: %q, want %q", text, got, pointers)
			continue
		}
		for i := range got {
			if got[i] != pointers[i] {
				t.Errorf("%s: %q, want %q", text, got, pointers)
			}
		}
	}
}

// FuzzRepeatedMembers holds the walk against the tokens of encoding/json.
func FuzzRepeatedMembers(f *testing.F) {
	f.Add([]byte(`{"a":[1,{"b":"\\\"","\u0062":{}}],"a":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			t.Skip("not JSON")
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		found := repeatedMembers(text)
		if got, want := len(found.list)+found.more, repeatedTokens(t, d); got != want {
			t.Errorf("%q: %d repeated members, want %d", text, got, want)
		}
	})
}

// repeatedTokens counts the repeated members of the next value.
func repeatedTokens(t *testing.T, d *json.Decoder) (n int) {
	open, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	if open != json.Delim('{') && open != json.Delim('[') {
		return 0
	}
	seen := map[json.Token]bool{}
	for d.More() {
		if open == json.Delim('{') {
			name, _ := d.Token()
			if seen[name] {
				n++
			}
			seen[name] = true
		}
		n += repeatedTokens(t, d)
	}
	_, _ = d.Token()
	return n
}
