package grant

import (
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// An argument is a word of a command's or an application's argument that names
// an application or an extension.
type argument struct {
	kind  argumentKind
	split int // into how many words the argument is split at most
	at    int // index of the word
}

type argumentKind uint8

const (
	extension    argumentKind = iota // where a transfer goes, and the dialplan after it
	overflow                         // where a call over a limit is transferred, or "!" for a hangup
	application                      // an application, and its argument after it
	broadcastApp                     // a file, or app::argument
)

// arguments checks some words of an argument.
func (c check) arguments(list []argument, text, where string) error {
	for _, a := range list {
		if err := c.argument(a, syntax.Split(text, ' ', c.wordLimit(a.split)), where); err != nil {
			return err
		}
	}
	return nil
}

func (c check) argument(a argument, words []string, where string) error {
	switch a.kind {
	case overflow:
		if strings.HasPrefix(wordAt(words, a.at), "!") {
			return nil
		}
		return c.transfer(words, a.at, where)
	case application:
		return c.applicationAt(words, a.at, where)
	case broadcastApp:
		return c.broadcastAt(words, a.at, where)
	}
	return c.transfer(words, a.at, where)
}

// wordLimit returns how many words to split off: n, or all of them if the quotes
// have been removed.
func (c check) wordLimit(n int) int {
	if c.unquoted {
		return maxFound
	}
	return n
}

// applicationAt checks an application and its argument among words. It may be
// missing, and some commands take a number in its place.
func (c check) applicationAt(words []string, at int, where string) error {
	if c.unquoted {
		return c.anyApplication(words, where)
	}
	if strings.Trim(wordAt(words, at), "0123456789+-") == "" {
		return nil
	}
	return c.app(words[at], wordAt(words, at+1), where)
}

func (c check) broadcastAt(words []string, at int, where string) error {
	if c.unquoted {
		return c.anyApplication(words, where)
	}
	return c.broadcast(wordAt(words, at), where)
}

// anyApplication takes every word for an application or for app::argument. Most of
// them are not, so only known names count.
func (c check) anyApplication(words []string, where string) error {
	if c.grants.Apps.Only != nil {
		if err := c.unclear("quoted-name", "an application may be named inside quotes", where); err != nil {
			return err
		}
	}
	c.maybe = true
	for i, name := range words {
		data := strings.Join(words[i+1:], " ")
		if err := c.count(data); err != nil {
			return err
		}
		name, _, _ = strings.Cut(name, "::")
		name, _, _ = strings.Cut(name, "!")
		if err := c.app(name, data, where); err != nil {
			return err
		}
	}
	return nil
}
