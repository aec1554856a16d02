package configfile

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func readYAML(text []byte) ([]entry, *problem) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil // nothing but comments
	case err != nil:
		return nil, brokenYAML(err)
	}
	entries, broken := yamlEntries(document.Content[0])
	if broken != nil {
		return nil, broken
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
		return entries, nil
	case err != nil:
		return entries, brokenYAML(err)
	default:
		return entries, &problem{second.Line, "has a second document: one file holds one configuration"}
	}
}

func yamlEntries(root *yaml.Node) ([]entry, *problem) {
	if root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, &problem{root.Line, "is not a mapping: write one 'field: value' a line"}
	}
	var entries []entry
	for i := 0; i+1 < len(root.Content); i += 2 {
		key := root.Content[i]
		entries = append(entries, entry{key.Value, yamlLiteral(root.Content[i+1]), key.Line})
	}
	return entries, nil
}

func yamlLiteral(n *yaml.Node) literal {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	l := literal{tokenOther, n.Value}
	if n.Kind != yaml.ScalarNode {
		return l
	}
	switch n.ShortTag() {
	case "!!null":
		l.token = tokenNull
	case "!!bool":
		l.token = tokenBool
	case "!!int", "!!float":
		l.token = tokenNumber
	case "!!str":
		l.token = tokenText
	}
	return l
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// brokenYAML takes the line out of the parser's words.
func brokenYAML(err error) *problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	p := problem{message: "is not valid YAML: " + text}
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		p.line, _ = strconv.Atoi(m[1]) // digits by the expression; what does not fit is no line
		p.message = "is not valid YAML: " + strings.Replace(text, m[0], "", 1)
	}
	return &p
}
