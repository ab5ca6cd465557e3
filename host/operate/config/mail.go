package config

import (
	"fmt"
	"net"
	"net/mail"

	"github.com/goccy/go-yaml/ast"
)

// Mail configures the SMTP server that takes what scripts send.
type Mail struct {
	Server      Address     `yaml:"server" doc:"SMTP server (host:port) that takes the mail of scripts (freeswitch.email); empty: none is sent. A flow also needs grants: mail:"`
	TLS         Encryption  `yaml:"tls" default:"starttls" doc:"how the connection is encrypted: starttls (on port 25 or 587), tls (from its beginning, on port 465) or none"`
	User        string      `yaml:"user" doc:"user name at the server; empty: none is asked for"`
	Password    string      `yaml:"password" doc:"its password"`
	From        MailAddress `yaml:"from" default:"freeswitch@localhost" doc:"sender of a mail for which the script names no address"`
	Timeout     Duration    `yaml:"timeout" default:"10s" doc:"how long one mail may take; its script waits"`
	Size        Size        `yaml:"size" default:"10MiB" doc:"how large an attached file may be"`
	Connections int         `yaml:"connections" least:"1" default:"10" doc:"mails that are sent at a time; further ones wait"`
	Roots       string      `yaml:"roots" doc:"file of certificates (PEM) that are trusted besides the system's"`
}

// UnmarshalYAML reads the settings over the defaults.
func (m *Mail) UnmarshalYAML(n ast.Node) error {
	type plain Mail
	return overDefaults(n, (*plain)(m))
}

func (m *Mail) conflicts() (list []conflict) {
	host, _, _ := net.SplitHostPort(string(m.Server))
	ip := net.ParseIP(host)
	switch {
	case m.User == "" && m.Password != "":
		list = append(list, conflict{[]string{"password"}, "the password belongs to a user; add user: under mail"})
	case m.User != "" && m.TLS == "none" && host != "localhost" && (ip == nil || !ip.IsLoopback()):
		list = append(list, conflict{[]string{"tls"}, "the password would be sent in the clear; write tls: starttls or tls: tls under mail"})
	}
	if m.Timeout <= 0 {
		list = append(list, conflict{[]string{"timeout"}, "a mail needs a timeout, or it could take for ever"})
	}
	return list
}

// A MailAddress is USER@HOST.
type MailAddress string

// UnmarshalYAML reads a mail address.
func (a *MailAddress) UnmarshalYAML(n ast.Node) error { return scalar(n, a.Set) }

// Set checks a mail address.
func (a *MailAddress) Set(text string) error {
	read, err := mail.ParseAddress(text)
	if err != nil || read.Address != text {
		return fmt.Errorf("%q is not a mail address; write it as freeswitch@example.com", text)
	}
	*a = MailAddress(text)
	return nil
}

// An Encryption names starttls, tls or none.
type Encryption string

// UnmarshalYAML reads an encryption.
func (e *Encryption) UnmarshalYAML(n ast.Node) error { return scalar(n, e.Set) }

// Set reads an encryption.
func (e *Encryption) Set(text string) error {
	switch text {
	case "starttls", "tls", "none":
		*e = Encryption(text)
		return nil
	}
	return fmt.Errorf("%q is no encryption; %s", text, meant(text, "write starttls, tls or none", "starttls", "tls", "none"))
}
