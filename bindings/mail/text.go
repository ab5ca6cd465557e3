package mail

import (
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/network"
)

const (
	mostRecipients = 50
	longestHeader  = 900 // bytes of a line: a server takes 998
)

// known are the headers that a script may write, besides those that begin with X-. Those
// that say who gets a mail, how it goes and where it was are not among them.
var known = []string{"Subject", "From", "To", "Cc", "Reply-To", "Sender", "Date", "Content-Type", "Content-Transfer-Encoding", "Mime-Version",
	"Importance", "Priority", "Organization", "Comments", "Keywords", "Message-Id", "In-Reply-To", "References", "User-Agent", "Auto-Submitted"}

// read reads the arguments of freeswitch.email, and returns the mail and the addresses of
// all who get it.
func read(to, from, headers, body string) (m network.Mail, recipients []string, err error) {
	list, err := mail.ParseAddressList(strings.Trim(to, " ,"))
	switch {
	case strings.TrimSpace(to) == "":
		return m, nil, errors.New("nobody is named who gets it")
	case err != nil:
		return m, nil, fmt.Errorf("%.100q is no list of addresses: %w", to, err)
	case len(list) > mostRecipients:
		return m, nil, fmt.Errorf("%d addresses are named, and %d are possible", len(list), mostRecipients)
	}
	for _, a := range list {
		recipients = append(recipients, a.Address)
	}
	given, err := readHeaders(headers)
	if err != nil {
		return m, nil, err
	}
	if part, rest, ok := ownHeaders(body); ok {
		for name, value := range part {
			given[name] = value
		}
		body = rest
	}
	if m.Type, err = textType(given["Content-Type"]); err != nil {
		return m, nil, err
	}
	m.Body = body
	m.From = author(given["From"], from)
	rest := slices.Clone(recipients)
	for _, h := range []struct {
		name string
		into *[]string
	}{{"To", &m.To}, {"Cc", &m.Cc}} {
		if *h.into, err = shown(h.name, given[h.name], recipients, &rest); err != nil {
			return m, nil, err
		}
	}
	if m.To == nil {
		m.To = rest
	} else {
		m.Bcc = rest
	}
	for name, value := range given {
		if !slices.Contains([]string{"From", "To", "Cc", "Content-Type", "Content-Transfer-Encoding", "Mime-Version", "Date", "Message-Id"}, name) {
			m.Header = append(m.Header, [2]string{name, value})
		}
	}
	slices.SortFunc(m.Header, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	return m, recipients, nil
}

// author returns what the mail says it is from: the header or the argument, if that is an
// address.
func author(header, argument string) string {
	for _, text := range []string{header, argument} {
		if read, err := mail.ParseAddress(text); err == nil {
			return read.String()
		}
	}
	return ""
}

// shown returns the addresses of a header, each of which must be among those that the
// script has named as recipients, and takes them from the rest.
func shown(name, value string, recipients []string, rest *[]string) (list []string, err error) {
	if value == "" {
		return nil, nil
	}
	addresses, err := mail.ParseAddressList(value)
	if err != nil {
		return nil, fmt.Errorf("the header %s, %.100q, is no list of addresses: %w", name, value, err)
	}
	for _, a := range addresses {
		same := func(other string) bool { return strings.EqualFold(other, a.Address) }
		if !slices.ContainsFunc(recipients, same) {
			return nil, fmt.Errorf("the header %s names %s, who is not in the first argument; write all there who are to get it", name, a.Address)
		}
		*rest = slices.DeleteFunc(*rest, same)
		list = append(list, a.String())
	}
	return list, nil
}

// readHeaders reads headers, each of which may occur once: a line break in what a caller
// has chosen must not add one that counts.
func readHeaders(text string) (map[string]string, error) {
	given, last := map[string]string{}, ""
	text = strings.Trim(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case text == "":
			return given, nil
		case len(line) > longestHeader:
			return nil, fmt.Errorf("the header %.40q... has %d bytes, and %d are possible", line, len(line), longestHeader)
		case strings.ContainsAny(line, "\r\x00"):
			return nil, fmt.Errorf("the header %.100q holds a line break", line)
		case last != "" && line != "" && (line[0] == ' ' || line[0] == '\t'):
			if given[last] += " " + strings.TrimSpace(line); len(given[last]) > longestHeader {
				return nil, fmt.Errorf("the header %s has more than %d bytes", last, longestHeader)
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if name = textproto.CanonicalMIMEHeaderKey(name); !ok || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || name == "" {
			return nil, fmt.Errorf("%.100q is no header; write NAME: VALUE, each in a line of its own", line)
		}
		if !strings.HasPrefix(name, "X-") && !slices.Contains(known, name) {
			return nil, fmt.Errorf("the header %s is not sent; write %s, or one that begins with X-", name, strings.Join(known, ", "))
		}
		if _, twice := given[name]; twice {
			return nil, fmt.Errorf("the header %s is there twice", name)
		}
		given[name], last = strings.TrimSpace(value), name
	}
	return given, nil
}

// ownHeaders returns the headers with which a body begins: mod_lua takes it for a part with
// headers if it holds the word Content-Type (switch_utils.c:switch_simple_email).
func ownHeaders(body string) (map[string]string, string, bool) {
	head, rest, ok := strings.Cut(strings.ReplaceAll(body, "\r\n", "\n"), "\n\n")
	if !ok || len(head) > longestHeader || !strings.Contains(strings.ToLower(head), "content-type") {
		return nil, body, false
	}
	given, err := readHeaders(head)
	if err != nil || given["Content-Type"] == "" {
		return nil, body, false
	}
	return map[string]string{"Content-Type": given["Content-Type"]}, rest, true
}

// textType returns the type of the body: one of text, in UTF-8.
func textType(header string) (string, error) {
	if header == "" {
		return "text/plain", nil
	}
	kind, params, err := mime.ParseMediaType(header)
	charset := strings.ToLower(params["charset"])
	switch {
	case err != nil || !strings.HasPrefix(kind, "text/"):
		return "", fmt.Errorf("the body cannot be %.100q; write text/plain or text/html", header)
	case !slices.Contains([]string{"", "utf-8", "utf8", "us-ascii"}, charset):
		return "", fmt.Errorf("the body cannot be in %.40q; write it in UTF-8", charset)
	}
	return kind, nil
}
