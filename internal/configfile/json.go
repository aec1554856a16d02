package configfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonReader walks one JSON object and knows on which line it is.
type jsonReader struct {
	text    []byte
	decoder *json.Decoder
}

func readJSON(text []byte) ([]entry, *problem) {
	r := jsonReader{text: text, decoder: json.NewDecoder(bytes.NewReader(text))}
	open, err := r.decoder.Token()
	if err != nil {
		return nil, r.broken(err)
	}
	if open != json.Delim('{') {
		return nil, &problem{r.line(), `is not a JSON object: write {"field": value}`}
	}
	var entries []entry
	for r.decoder.More() {
		e, err := r.next()
		if err != nil {
			return entries, r.broken(err)
		}
		entries = append(entries, e)
	}
	if _, err := r.decoder.Token(); err != nil { // the closing brace
		return entries, r.broken(err)
	}
	if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
		return entries, &problem{r.line(), "has text after its JSON object"}
	}
	return entries, nil
}

func (r jsonReader) next() (entry, error) {
	name, err := r.decoder.Token()
	if err != nil {
		return entry{}, err
	}
	line := r.line()
	var raw json.RawMessage
	if err := r.decoder.Decode(&raw); err != nil {
		return entry{}, err
	}
	v, err := jsonLiteral(raw)
	return entry{fmt.Sprint(name), v, line}, err
}

// jsonLiteral classifies a valid value by its first byte.
func jsonLiteral(raw json.RawMessage) (literal, error) {
	l := literal{tokenNumber, string(raw)}
	switch raw[0] {
	case 'n':
		l.token = tokenNull
	case 't', 'f':
		l.token = tokenBool
	case '{', '[':
		l.token = tokenOther
	case '"':
		l.token = tokenText
		return l, json.Unmarshal(raw, &l.text)
	}
	return l, nil
}

// line is where the decoder stands.
func (r jsonReader) line() int { return r.lineAt(r.decoder.InputOffset()) }

func (r jsonReader) lineAt(offset int64) int {
	return 1 + bytes.Count(r.text[:min(int(offset), len(r.text))], []byte("\n"))
}

func (r jsonReader) broken(err error) *problem {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &problem{r.lineAt(int64(len(r.text))), "ends before its JSON object does"}
	case errors.As(err, &syntax):
		return &problem{r.lineAt(syntax.Offset), "is not valid JSON: " + syntax.Error()}
	default:
		return &problem{r.line(), err.Error()}
	}
}
