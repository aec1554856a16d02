package place

import (
	"strings"
	"testing"
)

func TestHereSaysWhereItIs(t *testing.T) {
	text := Here().String()
	if !strings.Contains(text, "go1.") || !strings.Contains(text, "commit ") || strings.Contains(text, "\n") {
		t.Error(text)
	}
}
