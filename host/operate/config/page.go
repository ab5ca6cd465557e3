package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// Page says who may use the operator's page.
type Page struct {
	Tokens map[string]string `yaml:"tokens" form:"a mapping: WHO: TOKEN" doc:"tokens with which people may use the page at the address metrics, by who they are, which the log of orders names; at least 24 characters each; if there are any, nobody sees the page's data without one, otherwise programs of this machine do. eslua page prints a link with a token that is valid until eslua ends"`
	Names  []string          `yaml:"names" form:"a list: [NAME]" doc:"host names by which browsers reach the page; addresses and localhost always do"`
}

// UnmarshalYAML reads the settings over the defaults.
func (p *Page) UnmarshalYAML(n ast.Node) error {
	type plain Page
	return overDefaults(n, (*plain)(p))
}

func (p *Page) conflicts() (list []conflict) {
	for _, who := range slices.Sorted(maps.Keys(p.Tokens)) {
		if len(p.Tokens[who]) < 24 {
			list = append(list, conflict{[]string{"tokens"}, fmt.Sprintf("the token of %.60q has fewer than 24 characters, so that it could be guessed; make one by: head -c 24 /dev/urandom | base64", who)})
		}
	}
	return list
}
