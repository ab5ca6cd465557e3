package config

import (
	"fmt"
	"net/url"
)

// An OTLP says which OpenTelemetry collector is told of calls.
type OTLP struct {
	URL     string            `yaml:"url" doc:"the collector's address for traces over HTTP, such as http://127.0.0.1:4318/v1/traces: it gets a span for each call, and one for each function of its script that waited, without arguments; empty: none"`
	Headers map[string]string `yaml:"headers" form:"a mapping: NAME: TEXT" doc:"HTTP headers for the collector, such as an API key"`
	Share   int               `yaml:"share" least:"1" default:"100" doc:"percent of the calls that it is told of"`
}

func (o *OTLP) conflicts() (list []conflict) {
	if u, err := url.Parse(o.URL); o.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		list = append(list, conflict{[]string{"url"}, fmt.Sprintf("otlp.url is %q; write an address such as http://127.0.0.1:4318/v1/traces", o.URL)})
	}
	if o.Share > 100 {
		list = append(list, conflict{[]string{"share"}, fmt.Sprintf("otlp.share is %d; write a percentage, 1 to 100", o.Share)})
	}
	return list
}
