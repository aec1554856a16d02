package configfile

import (
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/helixrouter/helix"
)

// token is what a value looks like in a file, before anybody asks what it is for.
type token int

const (
	tokenNull token = iota
	tokenBool
	tokenNumber
	tokenText
	tokenOther // an array, an object, a date
)

// literal is a value as it was written.
type literal struct {
	token token
	text  string
}

var (
	errWhole    = errors.New("must be a whole number, 0 or more, without quotes, fraction or exponent")
	errTooLarge = errors.New("is a larger number than fits")
	errNumber   = errors.New("must be a number without quotes")
	errBool     = errors.New("must be true or false")
	errText     = errors.New("must be a string")
)

// fieldKinds maps the fields of a configuration to their Go kinds: Bool, String,
// Float64, Int or Uint64.
var fieldKinds = func() map[string]reflect.Kind {
	kinds := map[string]reflect.Kind{}
	for f := range reflect.TypeFor[helix.Config]().Fields() {
		kinds[f.Tag.Get("json")] = f.Type.Kind()
	}
	return kinds
}()

// value is the literal as a field of the kind takes it; nil is null.
func (l literal) value(kind reflect.Kind) (any, error) {
	if l.token == tokenNull {
		return nil, nil
	}
	want, err := tokenNumber, errWhole
	switch kind {
	case reflect.Bool:
		want, err = tokenBool, errBool
	case reflect.String:
		want, err = tokenText, errText
	case reflect.Float64:
		err = errNumber
	}
	if l.token != want {
		return nil, err
	}
	return parse(kind, l.text)
}

// parse reads text as a field of the kind takes it.
func parse(kind reflect.Kind, text string) (any, error) {
	switch kind {
	case reflect.Bool:
		v, err := strconv.ParseBool(text)
		return v, rename(err, errBool)
	case reflect.String:
		return text, nil
	case reflect.Float64:
		return parseFloat(text)
	default:
		return parseWhole(text, kind == reflect.Uint64)
	}
}

// parseWhole takes decimal digits. A leading zero is refused because YAML's readers
// disagree whether 010 is eight or ten.
func parseWhole(text string, unsigned bool) (any, error) {
	if len(text) > 1 && text[0] == '0' {
		return nil, errWhole
	}
	if unsigned {
		v, err := strconv.ParseUint(text, 10, 64)
		return v, rename(err, errWhole)
	}
	v, err := strconv.ParseUint(text, 10, strconv.IntSize-1)
	return int(v), rename(err, errWhole)
}

// parseFloat takes what JSON takes, and .5; ParseFloat alone would take inf, hex
// and underscores too.
func parseFloat(text string) (any, error) {
	if strings.Trim(text, "0123456789+-.eE") != "" {
		return nil, errNumber
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, rename(err, errNumber)
}

// rename puts the rule in the place of strconv's words.
func rename(err, rule error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, strconv.ErrRange):
		return errTooLarge
	default:
		return rule
	}
}
