package config

import (
	"fmt"
	"net/url"

	"github.com/goccy/go-yaml/ast"
)

// NATS says where eslua keeps what must not be lost.
type NATS struct {
	Servers     []string `yaml:"servers" form:"a list: [nats://HOST:4222, nats://HOST:4222]" doc:"servers of a NATS cluster with JetStream, which all hosts then share; empty: a server inside eslua, which opens no port and has its files in state"`
	Replicas    int      `yaml:"replicas" least:"1" default:"3" doc:"how many servers of the cluster keep each message"`
	Credentials string   `yaml:"credentials" doc:"file of credentials (.creds) for the cluster"`
	Roots       string   `yaml:"roots" doc:"file of certificates (PEM) that the cluster's are checked with; empty: the system's"`
	Certificate string   `yaml:"certificate" doc:"file of the certificate (PEM) that is shown to the cluster"`
	Key         string   `yaml:"key" doc:"file of its key (PEM)"`
	Size        Size     `yaml:"size" default:"1GiB" doc:"how much the server inside eslua may keep on the disk; more is refused"`
}

// UnmarshalYAML reads the settings over the defaults.
func (s *NATS) UnmarshalYAML(n ast.Node) error {
	type plain NATS
	return overDefaults(n, (*plain)(s))
}

func (s *NATS) conflicts() (list []conflict) {
	for _, server := range s.Servers {
		u, err := url.Parse(server)
		if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" && u.Scheme != "ws" && u.Scheme != "wss" {
			list = append(list, conflict{[]string{"servers"}, fmt.Sprintf("%.100q is no NATS server; write nats://HOST:4222 or tls://HOST:4222", Hidden(server))})
		}
	}
	if (s.Certificate == "") != (s.Key == "") {
		list = append(list, conflict{[]string{"certificate", "key"}, "certificate and key belong together; write both or neither"})
	}
	if s.Size < 16<<20 {
		list = append(list, conflict{[]string{"size"}, "nats.size must be at least 16MiB"})
	}
	return list
}
