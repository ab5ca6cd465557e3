package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A Trace says what eslua keeps in memory of each call for eslua calls and eslua trace.
type Trace struct {
	Size   Size     `yaml:"size" default:"32MiB" doc:"memory for the traces of calls, the running and the last ones; the oldest are forgotten first, those of failed calls last; 0B: none are kept"`
	Digits Digits   `yaml:"digits" default:"masked" doc:"what traces show of the keys that callers press: masked, also where three or more of them appear again later in the call, or shown"`
	Mask   []string `yaml:"mask" form:"a list: [NAME, 'PART*']" doc:"names of variables, parameters, headers and table keys whose values traces do not show, besides those that contain pin, password, passwd, secret, token, card, cvv or authorization; * stands for any text"`
}

func (t *Trace) conflicts() (list []conflict) {
	if t.Size > 0 && t.Size < 1<<20 {
		list = append(list, conflict{[]string{"size"}, "trace.size must be at least 1MiB, or 0B for no traces"})
	}
	for _, name := range t.Mask {
		if strings.Trim(name, "* ") == "" {
			list = append(list, conflict{[]string{"mask"}, fmt.Sprintf("trace.mask has %q, which names nothing; write a name, or a part of one with *", name)})
		}
	}
	return list
}

// Digits says what traces show of the keys that callers press.
type Digits string

// UnmarshalYAML reads masked or shown.
func (d *Digits) UnmarshalYAML(n ast.Node) error { return scalar(n, d.Set) }

// Set reads masked or shown.
func (d *Digits) Set(text string) error {
	if text != "masked" && text != "shown" {
		return fmt.Errorf("%q is not what traces show of digits; %s", text, meant(text, "write masked or shown", "masked", "shown"))
	}
	*d = Digits(text)
	return nil
}

// Masked reports whether digits are not shown.
func (d Digits) Masked() bool { return d != "shown" }
