package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// UnmarshalYAML reads "10%", or a mapping over the defaults.
func (c *Canary) UnmarshalYAML(n ast.Node) error {
	if n.Type() != ast.MappingType && n.Type() != ast.MappingValueType {
		setDefaults(reflect.ValueOf(c).Elem())
		return scalar(n, c.Share.Set)
	}
	type plain Canary
	return overDefaults(n, (*plain)(c))
}

// A Percent is a share of 1% to 99%, written 10%.
type Percent int

// UnmarshalYAML reads a percentage.
func (p *Percent) UnmarshalYAML(n ast.Node) error { return scalar(n, p.Set) }

// Set reads a share from text.
func (p *Percent) Set(text string) error {
	number, ok := strings.CutSuffix(text, "%")
	v, err := strconv.Atoi(number)
	if !ok || err != nil || v < 1 || v > 99 {
		return fmt.Errorf("%q is not a share of calls; write it as 10%%, from 1%% to 99%%", text)
	}
	*p = Percent(v)
	return nil
}

func (p Percent) String() string { return strconv.Itoa(int(p)) + "%" }
