package config

import (
	"github.com/goccy/go-yaml/ast"
)

// HTTP bounds what scripts ask of HTTP servers.
type HTTP struct {
	Connect     Duration `yaml:"connect_timeout" default:"3s" doc:"how long a connection to a server may take, unless the script says otherwise"`
	Response    Duration `yaml:"response_timeout" default:"3s" doc:"how long the whole answer may take after that, unless the script says otherwise"`
	Body        Size     `yaml:"body" default:"1MiB" doc:"how long an answer may be"`
	Connections int      `yaml:"connections" least:"1" default:"100" doc:"requests to one server at a time; a further one waits, and ends the longest one that has lasted longer than response_timeout"`
	Roots       string   `yaml:"roots" doc:"file of certificates (PEM) that are trusted besides the system's"`
	Certificate string   `yaml:"certificate" doc:"file of the certificate (PEM) that is shown to servers which ask for one"`
	Key         string   `yaml:"key" doc:"file of its key (PEM)"`
}

// UnmarshalYAML reads the settings over the defaults.
func (h *HTTP) UnmarshalYAML(n ast.Node) error {
	type plain HTTP
	return overDefaults(n, (*plain)(h))
}

func (h *HTTP) conflicts() (list []conflict) {
	for name, timeout := range map[string]Duration{"connect_timeout": h.Connect, "response_timeout": h.Response} {
		if timeout <= 0 {
			list = append(list, conflict{[]string{name}, "a request needs this time-out, or it could take for ever"})
		}
	}
	if (h.Certificate == "") != (h.Key == "") {
		list = append(list, conflict{[]string{"certificate", "key"}, "certificate and key belong together; write both or neither"})
	}
	return list
}
