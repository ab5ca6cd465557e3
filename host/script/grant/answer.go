package grant

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// These checks are for documents that FreeSWITCH gets as the answer to a lookup. It
// expands what stands there by itself, so that no ${...} may stand there whose value is
// not known to be plain, whatever is done with the text.

// CheckAction checks an application of a dialplan or a phrase. The error is a
// *RefusedError or a *BurdenError.
func (g *Grants) CheckAction(app, data string) error {
	c, size := g.check(), int64(len(app)+len(data))
	err := c.unlessUnlimited(Application, app, func() error {
		data, err := c.text(data)
		if err != nil {
			return err
		}
		_, data = scoped(data)
		return c.expanded(app, data, "")
	})
	return g.bear(err, c.spent, size)
}

// CheckExpanded checks a text that FreeSWITCH only expands, such as the field of a
// condition; it may be one variable. The error is a *RefusedError.
func (g *Grants) CheckExpanded(text string) error {
	if !strings.Contains(text, "${") || oneVariable.MatchString(text) && !isSecret(text) {
		return nil
	}
	c := g.check()
	return c.unlessUnlimited(APICommand, "", func() error {
		_, err := c.text(text)
		return err
	})
}

// CheckParam checks a parameter of a user, a group or a domain of the directory. Those
// that need no grant name passwords and how the user registers, or concern the user's
// own mailbox. The error is a *RefusedError or a *BurdenError.
func (g *Grants) CheckParam(name, value string) error {
	name = strings.ToLower(strings.TrimSpace(name))
	switch {
	case plainParams[name], mailParams[name] && plainMail.MatchString(value):
		return nil
	case name == "dial-string" || name == "group-dial-string":
		return g.CheckDial(syntax.ReplaceReferences(value, ownContact))
	}
	c := g.check()
	return c.unlessUnlimited(Application, "", func() error {
		return c.use("param", name, cmp.Or(reasons[name], unread), "")
	})
}

// ownContact replaces what the dial strings of FreeSWITCH's own directory hold: the user
// that is dialled, and where it is registered.
func ownContact(r syntax.Reference) string {
	switch name := strings.ToLower(r.Name); {
	case !r.Command && (name == "dialed_user" || name == "dialed_domain" || name == "domain_name"):
		return "x"
	case r.Command && (name == "sofia_contact" || name == "verto_contact") && ownArgument.MatchString(r.Arg):
		return "null/x"
	case !r.Command:
		return "${" + r.Name + "}"
	}
	return "${" + r.Name + "(" + r.Arg + ")}"
}

var (
	ownArgument = regexp.MustCompile(`^([a-zA-Z0-9_*.-]+/)?(\$\{dialed_user\}|[a-zA-Z0-9_.+-]+)@(\$\{(dialed_domain|domain_name)\}|[a-zA-Z0-9_.-]+)$`)
	plainMail   = regexp.MustCompile(`^[A-Za-z0-9@._+-]*$`)

	plainParams = set(`password a1-hash allow-empty-password auth-acl rfc8760-auth-algorithms reverse-auth-user reverse-auth-pass
		sip-forbid-register sip-allow-register user-agent-filter max-registrations-per-extension
		sip-force-expires sip-force-expires-min sip-force-expires-max sip-expires-max-deviation mwi-account
		vm-password vm-a1-hash vm-enabled vm-skip-instructions vm-attach-file vm-email-all-messages vm-notify-email-all-messages
		vm-keep-local-after-email vm-disk-quota directory-visible directory-exten-visible number-alias
		verto-context verto-dialplan presence-id`)
	mailParams = set("vm-mailto vm-mailfrom vm-notify-mailto vm-cc")
	reasons    = map[string]reason{
		"esl-password": control, "esl-allowed-api": control, "esl-allowed-events": others, "esl-allowed-log": secret,
		"http-allowed-api": control, "jsonrpc-allowed-methods": control, "jsonrpc-allowed-event-channels": others,
		"vm-convert-cmd": program, "vm-storage-dir": written, "vm-domain-storage-dir": written, "storage-dir": written,
	}
)
