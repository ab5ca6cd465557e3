package grant

import (
	"fmt"
	"net/mail"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Recipient may get mail from a script: an address, all of a host ("*@example.com")
// or everybody ("*").
type Recipient string

// UnmarshalYAML reads a recipient.
func (r *Recipient) UnmarshalYAML(node ast.Node) error {
	var text string
	if err := yaml.NodeToValue(node, &text); err != nil {
		return err
	}
	address := text
	if host, ok := strings.CutPrefix(text, "*@"); ok {
		address = "all@" + host
	}
	if read, err := mail.ParseAddress(address); text != "*" && (err != nil || read.Address != address || strings.Contains(address, "*")) {
		return &yaml.SyntaxError{Token: node.GetToken(),
			Message: fmt.Sprintf("%q is not a mail address; write office@example.com, *@example.com or \"*\"", text)}
	}
	*r = Recipient(text)
	return nil
}

// has reports whether mail to an address is permitted. Case does not matter.
func (r Recipient) has(address string) bool {
	if host, ok := strings.CutPrefix(string(r), "*@"); ok {
		return strings.EqualFold(host, address[strings.LastIndexByte(address, '@')+1:])
	}
	return r == "*" || strings.EqualFold(string(r), address)
}

// CheckMail checks whether the flow may send mail to an address. The error is a
// *RefusedError.
func (g *Grants) CheckMail(address string) error {
	for _, r := range g.Mail {
		if r.has(address) {
			return nil
		}
	}
	return &RefusedError{Kind: Mail, Name: address, text: fmt.Sprintf(
		"mail to %s is not granted to this flow; to grant it, write grants: {mail: [%s]} in the configuration", shorten(address), list(g.Mail, address))}
}
