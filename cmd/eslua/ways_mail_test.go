package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
)

// scriptMails is the number of mails that testdata/ways/mail.lua can send.
const scriptMails = 9

// tryMails has a script send each of its mails, and returns what becomes of them.
func tryMails(h *wayHost) (lines []string) {
	for i := range scriptMails {
		h.run("lua", "mail.lua", fmt.Sprint(i+1), h.scripts)
		said := h.until(ends(1))
		lines = append(lines, said...)
		if slices.Contains(said, "said sent true") {
			to, text := h.mails()
			lines = append(lines, describeMail(h.T, to, text)...)
		}
	}
	return lines
}

// writeAttachments writes the files that go with the mails.
func writeAttachments(t *testing.T, dir string) {
	var sound bytes.Buffer
	for i := range 10_000 {
		sound.WriteByte(byte(i * i >> 3))
	}
	write(t, dir, "1.wav", sound.String())
	write(t, dir, "text", "a text\n")
}

// programMails has FreeSWITCH send mail with a program that keeps it, and returns the
// setting, and a function that returns the last mail: who gets it, and its text.
func programMails(t *testing.T, dir string) (setting string, last func() (to, text string)) {
	program, file := filepath.Join(dir, "mailer"), filepath.Join(dir, "mail")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nfor to; do :; done\necho \"$to\" >"+file+"\ncat >>"+file+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return `<param name="mailer-app" value="` + program + `"/>`, func() (to, text string) {
		all, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		to, text, _ = strings.Cut(string(all), "\n")
		return to, text
	}
}

// A mailServer keeps the mails that it takes by SMTP.
type mailServer struct{ came chan [2]string }

func serveMails(t *testing.T, address string) mailServer {
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := mailServer{came: make(chan [2]string, scriptMails)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{server: s}, nil }))
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-served })
	return s
}

func (s mailServer) last() (to, text string) {
	m := <-s.came
	return m[0], m[1]
}

// A mailSession is a client's session with a mailServer.
type mailSession struct {
	server mailServer
	to     []string
}

func (s *mailSession) Reset()                                    { s.to = nil }
func (s *mailSession) Logout() error                             { return nil }
func (s *mailSession) Mail(string, *smtp.MailOptions) error      { return nil }
func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error { s.to = append(s.to, to); return nil }
func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.server.came <- [2]string{strings.Join(s.to, ", "), string(text)}
	return err
}

// describeMail tells of a mail what its reader sees of it.
func describeMail(t *testing.T, to, text string) []string {
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	lines := []string{"mail to " + to}
	for _, name := range []string{"Subject", "X-Kind", "X-Voicemail"} {
		value, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get(name))
		lines = append(lines, fmt.Sprint("mail ", name, " ", value, " ", err))
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err == nil && strings.HasPrefix(kind, "multipart/") {
		parts := multipart.NewReader(m.Body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return lines
			}
			lines = append(lines, describePart(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.FileName(), p))
		}
	}
	return append(lines, describePart(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body))
}

func describePart(t *testing.T, kind, encoding, file string, body io.Reader) string {
	switch strings.ToLower(encoding) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if kind, _, err = mime.ParseMediaType(kind); err != nil || kind == "" {
		kind = "text/plain"
	}
	if file == "" {
		text = bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	}
	if len(text) > 1000 {
		return fmt.Sprintf("mail part %s %s %d bytes %x", kind, file, len(text), sha256.Sum256(text))
	}
	return fmt.Sprintf("mail part %s %s %q", kind, file, text)
}
