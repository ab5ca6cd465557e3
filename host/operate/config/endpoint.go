package config

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// An Endpoint is an HTTP server that is told things which must not be lost.
type Endpoint struct {
	URL      string            `yaml:"url" doc:"http:// or https:// URL that gets each push, by POST"`
	Secrets  []string          `yaml:"secrets" form:"a list: [whsec_BASE64]" doc:"keys with which each push is signed, as Standard Webhooks has it; the receiver may know any of them, so that keys can be changed one after the other"`
	Headers  map[string]string `yaml:"headers" form:"a mapping: HEADER: VALUE" doc:"headers of each push, such as Authorization"`
	Parallel int               `yaml:"parallel" least:"1" default:"4" doc:"pushes at a time; those with one order key go one after the other"`
	GiveUp   Duration          `yaml:"give_up" default:"72h" doc:"how long a push is tried; it is then a dead letter, see eslua outbox"`
}

// UnmarshalYAML reads an endpoint over the defaults.
func (e *Endpoint) UnmarshalYAML(n ast.Node) error {
	type plain Endpoint
	return overDefaults(n, (*plain)(e))
}

func (e *Endpoint) conflicts() (list []conflict) {
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		list = append(list, conflict{[]string{"url"}, "an endpoint needs a url: http://HOST/PATH or https://HOST/PATH"})
	}
	for _, secret := range e.Secrets {
		if key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_")); err != nil || len(key) < 16 {
			list = append(list, conflict{[]string{"secrets"}, "a secret is at least 16 bytes in base64, with whsec_ before them; make one by: echo whsec_$(head -c 32 /dev/urandom | base64)"})
			break
		}
	}
	for name, value := range e.Headers {
		if !headerName(name) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			list = append(list, conflict{[]string{"headers"}, fmt.Sprintf("%.100q is no header of HTTP", name)})
		} else if slices.Contains(ownHeaders, textproto.CanonicalMIMEHeaderKey(name)) {
			list = append(list, conflict{[]string{"headers"}, fmt.Sprintf("eslua sets the header %s itself", name)})
		}
	}
	if e.GiveUp <= 0 {
		list = append(list, conflict{[]string{"give_up"}, "a push needs a time after which it is given up"})
	}
	return list
}

// ownHeaders names the headers that every push has.
var ownHeaders = []string{"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Content-Length", "Host"}

func headerName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	}) && http.CanonicalHeaderKey(name) != ""
}
