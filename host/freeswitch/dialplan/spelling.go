package dialplan

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/spell"
)

// A form says what FreeSWITCH reads of an element of a dialplan
// (mod_dialplan_xml.c:parse_exten); it ignores everything else without a word.
type form struct {
	attributes []string
	children   []string
}

// moments lists the attributes that compare the time (switch_xml.c:switch_xml_std_datetime_check).
var moments = strings.Fields("date-time year yday mon mday week mweek wday hour minute minute-of-day time-of-day tz-offset dst")

var forms = map[string]form{
	"":            {nil, []string{"include", "context", "extension"}}, // an element of something else
	"include":     {nil, []string{"include", "context", "extension", "condition", "action", "anti-action"}},
	"context":     {[]string{"name"}, []string{"extension"}},
	"extension":   {[]string{"name", "continue"}, []string{"condition"}},
	"condition":   {append([]string{"field", "expression", "break", "regex", "require-nested"}, moments...), []string{"condition", "regex", "expression", "action", "anti-action"}},
	"regex":       {append([]string{"field", "expression"}, moments...), []string{"expression"}},
	"expression":  {},
	"action":      {[]string{"application", "data", "inline", "loop"}, nil},
	"anti-action": {[]string{"application", "data", "inline", "loop"}, nil},
}

// spelling reports the elements, attributes and values that FreeSWITCH does not know,
// and corrects those that are misspelt, so that the other checks see what is meant. in
// is what they stand in; part says that it may be only a part of a dialplan, or more than
// one.
func (c *checker) spelling(elements []*element, in string, part bool) {
	for _, e := range elements {
		if strings.Contains(strings.ToLower(e.name), "pre-process") {
			continue
		}
		c.elementName(e, in, part)
		f, known := forms[e.name]
		switch {
		case e.name == "section" && e.attr("name") != "dialplan", known && in == "" && !slices.Contains(forms[""].children, e.name):
		case !known:
			c.spelling(e.children, "", true)
		case e.name == "include":
			c.spelling(e.children, e.name, true)
		default:
			for i := range e.attrs {
				c.attributeName(e, &e.attrs[i], f)
				c.attributeValue(e, &e.attrs[i])
			}
			if (e.name == "action" || e.name == "anti-action") && e.attr("application") == "" {
				c.report(e.at, false, `this <%s> names no application; write <%[1]s application="..." data="..."/>`, e.name)
			}
			c.spelling(e.children, e.name, false)
		}
	}
}

func (c *checker) elementName(e *element, in string, part bool) {
	children := forms[in].children
	if slices.Contains(children, e.name) {
		return
	}
	switch meant := spell.Typo(e.name, children); {
	case meant != "":
		c.report(e.at, false, "FreeSWITCH ignores <%s>; did you mean <%s>?", e.name, meant)
		e.name = meant
	case part:
	case len(children) == 0:
		c.report(e.at, false, "FreeSWITCH ignores <%s> in <%s>", e.name, in)
	default:
		c.report(e.at, false, "FreeSWITCH ignores <%s> in <%s>, which holds <%s>", e.name, in, strings.Join(children, ">, <"))
	}
}

func (c *checker) attributeName(e *element, a *[2]string, f form) {
	if meant := spell.Typo(a[0], f.attributes); meant != "" && e.attr(meant) == "" {
		c.report(e.at, false, "FreeSWITCH ignores %s= in <%s>; did you mean %s=?", a[0], e.name, meant)
		a[0] = meant
	}
}

// attributeValue reports a word that FreeSWITCH takes for another one.
func (c *checker) attributeValue(e *element, a *[2]string) {
	known, instead := []string{}, ""
	switch e.name + " " + a[0] {
	case "condition break":
		known, instead = []string{"on-false", "on-true", "always", "never"}, "on-false"
	case "condition regex":
		known, instead = []string{"any", "all", "xor"}, "any"
	case "extension continue", "condition require-nested", "action inline", "anti-action inline":
		known, instead = []string{"true", "false"}, "false"
		if isTrue(a[1]) || spell.Typo(strings.ToLower(a[1]), known) != "true" {
			return // many a word means no
		}
	default:
		return
	}
	if strings.Contains(a[1], "$") || slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, a[1]) }) {
		return
	}
	if meant := spell.Nearest(a[1], known); meant != "" {
		c.report(e.at, false, "FreeSWITCH reads %s=%q as %s; did you mean %s?", a[0], a[1], instead, meant)
		a[1] = meant
		return
	}
	c.report(e.at, false, "FreeSWITCH reads %s=%q as %s; write %s", a[0], a[1], instead, strings.Join(known, ", "))
}
