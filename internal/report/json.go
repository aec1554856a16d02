package report

import (
	"encoding/json"
	"fmt"
	"io"
)

// WriteJSON writes the rows as one JSON array, a row a line, so that two results
// can be compared line by line. The same rows give the same bytes.
func WriteJSON(w io.Writer, rows []Row) error {
	before := "[\n"
	for _, r := range rows {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s  %s", before, line); err != nil {
			return err
		}
		before = ",\n"
	}
	if len(rows) == 0 {
		_, err := io.WriteString(w, "[]\n")
		return err
	}
	_, err := io.WriteString(w, "\n]\n")
	return err
}
