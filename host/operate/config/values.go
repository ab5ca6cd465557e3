package config

import (
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/eslua/eslua/host/spell"
)

// scalar decodes one YAML value with parse; an error keeps the value's line.
func scalar(n ast.Node, parse func(string) error) error {
	var text string
	if err := yaml.NodeToValue(n, &text); err != nil {
		return err
	}
	if err := parse(text); err != nil {
		return &yaml.SyntaxError{Message: err.Error(), Token: n.GetToken()}
	}
	return nil
}

// meant returns what an error says to write instead of text, whose first word is to
// be one of several.
func meant(text, otherwise string, words ...string) string {
	first, rest, _ := strings.Cut(text, " ")
	if near := spell.Nearest(first, words); near != "" && near != first {
		return "did you mean " + strings.TrimSpace(near+" "+rest) + "?"
	}
	return otherwise
}

// A Size is a number of bytes, written 256KiB, 16MiB or 1GiB.
type Size int64

// UnmarshalYAML reads a size.
func (s *Size) UnmarshalYAML(n ast.Node) error { return scalar(n, s.Set) }

// Set reads a size from text: a whole number with B, KiB, MiB or GiB.
func (s *Size) Set(text string) error {
	for _, u := range sizeUnits {
		number, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if err != nil || v < 0 || v > (1<<62)/u.bytes {
			break
		}
		*s = Size(v * u.bytes)
		return nil
	}
	return fmt.Errorf("%q is not a size; write it as 256KiB, 16MiB or 1GiB", text)
}

func (s Size) String() string {
	for _, u := range sizeUnits {
		if int64(s) >= u.bytes && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return "0B"
}

type sizeUnit struct {
	name  string
	bytes int64
}

// sizeUnits has the longest suffixes first, because all of them end in B.
var sizeUnits = [...]sizeUnit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// A Duration is a time span, written 500ms, 25s or 10m.
type Duration time.Duration

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(n ast.Node) error { return scalar(n, d.Set) }

// Set reads a duration from text.
func (d *Duration) Set(text string) error {
	v, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16)
		v = time.Duration(n) * day
	}
	if err != nil || v < 0 {
		return fmt.Errorf("%q is not a duration; write it as 500ms, 25s, 10m or 7d", text)
	}
	*d = Duration(v)
	return nil
}

const day = 24 * time.Hour

func (d Duration) String() string {
	if v := time.Duration(d); v >= 2*day && v%day == 0 {
		return strconv.Itoa(int(v/day)) + "d"
	}
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// A Pattern is a regular expression; the zero Pattern matches everything.
type Pattern struct{ *regexp.Regexp }

// UnmarshalYAML reads a pattern.
func (p *Pattern) UnmarshalYAML(n ast.Node) error { return scalar(n, p.Set) }

// Set compiles text; empty text is the zero Pattern.
func (p *Pattern) Set(text string) error {
	if text == "" {
		p.Regexp = nil
		return nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return fmt.Errorf("%q is not a regular expression: %v", text, err)
	}
	p.Regexp = re
	return nil
}

// Matches reports whether text matches, and the groups of the match.
func (p Pattern) Matches(text string) (groups []string, ok bool) {
	if p.Regexp == nil {
		return nil, true
	}
	groups = p.FindStringSubmatch(text)
	return groups, groups != nil
}

// An Address is host:port.
type Address string

// UnmarshalYAML reads an address.
func (a *Address) UnmarshalYAML(n ast.Node) error { return scalar(n, a.Set) }

// Set checks that text is host:port.
func (a *Address) Set(text string) error {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%q is not an address; write host:port, for example 127.0.0.1:8084", text)
	}
	*a = Address(text)
	return nil
}

// A Level says how much is logged.
type Level slog.Level

// UnmarshalYAML reads a level.
func (l *Level) UnmarshalYAML(n ast.Node) error { return scalar(n, l.Set) }

// Set reads debug, info, warn or error.
func (l *Level) Set(text string) error {
	for _, known := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if text == strings.ToLower(known.String()) {
			*l = Level(known)
			return nil
		}
	}
	return fmt.Errorf("%q is not a log level; %s", text, meant(text, "write debug, info, warn or error", "debug", "info", "warn", "error"))
}

func (l Level) String() string { return strings.ToLower(slog.Level(l).String()) }

// A Format says how logs are written.
type Format string

// UnmarshalYAML reads a format.
func (f *Format) UnmarshalYAML(n ast.Node) error { return scalar(n, f.Set) }

// Set reads text or json.
func (f *Format) Set(text string) error {
	if text != "text" && text != "json" {
		return fmt.Errorf("%q is not a log format; %s", text, meant(text, "write text or json", "text", "json"))
	}
	*f = Format(text)
	return nil
}
