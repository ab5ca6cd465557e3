// Package mail owns freeswitch.email: it reads what mod_lua's scripts give it, and
// host/network sends it. What a script has from its caller adds nobody to those who get
// the mail, and no header.
package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/eslua/eslua/host/network"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
)

// Module declares freeswitch.email.
type Module struct{ Mailer *network.Mailer } // nil: no mail is sent

// A sender sends the mail of a run.
type sender struct {
	env    *run.Env
	mailer *network.Mailer
}

// Bind returns what the run sends mail with.
func (m Module) Bind(env *run.Env) any { return &sender{env, m.Mailer} }

// longestBody bounds the text of a mail.
const longestBody = 1 << 20

// Declare declares the function.
func (Module) Declare() *vm.Module {
	str := func(name, doc string) vm.Param { return vm.Param{Name: name, Kind: vm.String, Doc: doc} }
	opt := func(name, doc string) vm.Param {
		return vm.Param{Name: name, Kind: vm.String, Optional: true, Default: "none", Doc: doc}
	}
	body := opt("body", "the text; it may begin with a header Content-Type: text/html and an empty line")
	body.Most = longestBody
	return &vm.Module{
		Outside: true,
		CText:   true, Name: "freeswitch", AfterHangup: "Sends the mail, too.",
		Funcs: []vm.Func{{
			Name: "email", Native: "email(char *,char *,char *,char *,char *,char *,char *)",
			Params: []vm.Param{
				str("to", "who gets it: addresses with commas between them"),
				str("from", "the sender's address; if it is none, the one of the configuration"),
				opt("headers", "headers, each NAME: VALUE in a line: Subject, From, To, Cc, Reply-To, Sender, Date, Content-Type, Importance, Priority, Organization, Comments, Keywords and those that begin with X-"),
				body,
				opt("file", "a file that goes with it, of the script directory or of a directory that the flow may read (grants: read:)"),
				opt("convert_cmd", "a program that converts the file first; it raises an error, if convert_ext is given too"),
				opt("convert_ext", "the ending of the converted file"),
			},
			Results: []vm.Result{{Name: "sent", Kind: vm.Bool, Doc: "true if the mail server has taken it; if not, the log says why"}},
			Differs: "eslua sends it itself, to the server of the setting mail, and waits until that has taken it; mod_lua returns true whatever its mailer says. Only granted addresses get it, each must be in the first argument, and no header may occur twice. No program converts the file, and one with an unknown ending is application/octet-stream, not audio/inline.",
			Doc: "Sends a mail, by the SMTP server of the configuration (mail:), to the addresses that the flow is granted (grants: mail:). Raises an error if one is not granted. " +
				"The script waits for the server, mail: timeout: at most, and not after the hangup of its call. A server that has not answered a flow five times in a row is left alone by it for a while. " +
				"Write what a caller has chosen, such as a name, without line breaks into a header: with one the mail is not sent.",
			Example: "local name = session:getVariable(\"caller_id_name\"):gsub(\"%c\", \" \")\nlocal sent = freeswitch.email(\"office@example.com\", \"ivr@example.com\", \"Subject: A message of \" .. name, \"See the attachment.\", \"/var/spool/messages/1.wav\")",
			Go:      email,
		}},
	}
}

func email(a *vm.Args) error {
	s := a.Instance().(*sender)
	if a.String(4) != "" && a.String(5) != "" && a.String(6) != "" {
		return errors.New("email: convert_cmd is a program, and eslua runs none; record in the format that is to be sent, or have FreeSWITCH convert the file before, and name that one")
	}
	a.ChargeCPU(20 * (len(a.String(0)) + len(a.String(2)) + len(a.String(3))))
	m, recipients, err := read(a.String(0), a.String(1), a.String(2), a.String(3))
	if err != nil {
		return s.answer(a, err)
	}
	for _, address := range recipients {
		if err := s.env.Grants.CheckMail(address); err != nil {
			return err
		}
	}
	if s.mailer == nil {
		return s.answer(a, errors.New("this program sends no mail"))
	}
	if path := a.String(4); path != "" {
		file, close, err := s.attach(a, path)
		if err != nil {
			return s.answer(a, err)
		}
		defer close()
		m.File = file
	}
	m.Flow = s.env.Flow
	const cost = 50_000 // units of 10 ns, for the connection and its encryption
	a.ChargeCPU(cost)
	ctx, stop := s.aside(a.Context())
	defer stop()
	return s.answer(a, s.mailer.Send(ctx, m))
}

// aside returns a context that ends with the hangup, if the call has not hung up yet.
func (s *sender) aside(ctx context.Context) (context.Context, func()) {
	if s.env.Call != nil {
		if _, hungUp := s.env.Call.HungUp(); hungUp {
			return ctx, func() {}
		}
	}
	return s.env.Aside(ctx)
}

// answer returns whether the mail was sent, and logs why not. A refusal is raised.
func (s *sender) answer(a *vm.Args, err error) error {
	var refused *grant.RefusedError
	if errors.As(err, &refused) {
		return refused
	}
	if err != nil {
		s.env.Log.Error("the mail was not sent", "error", err)
	}
	a.ReturnBool(err == nil)
	return nil
}

// attach opens a file. Nothing but a regular file is opened: a pipe or a device would block.
func (s *sender) attach(a *vm.Args, path string) (_ *network.Attachment, close func(), err error) {
	at, err := s.env.ToRead(a.Context(), path)
	if err != nil {
		return nil, nil, err
	}
	f := &network.Attachment{Name: filepath.Base(path), Type: typeOf(path)}
	if at.Tree != "" {
		text, err := s.env.State.ReadFile(at.Tree)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		f.Content = strings.NewReader(text)
		return f, func() {}, s.bound(path, int64(len(text)))
	}
	root, err := os.OpenRoot(at.Dir)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	file, err := root.OpenFile(at.Name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	close = func() { _ = file.Close() } // it is only read
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", path)
	}
	if err == nil {
		err = s.bound(path, info.Size())
	}
	if err != nil {
		close()
		return nil, nil, err
	}
	f.Content = io.NewSectionReader(file, 0, info.Size())
	return f, close, nil
}

func (s *sender) bound(path string, size int64) error {
	if most := s.mailer.MostAttached(); size > most {
		return fmt.Errorf("%s holds %d bytes, and mail: size: permits %d", path, size, most)
	}
	return nil
}

// typeOf returns the type of a file's content by its name. mod_lua looks for it in
// mime.types and says audio/inline of any other.
func typeOf(path string) string {
	ending := strings.ToLower(filepath.Ext(path))
	if known := types[ending]; known != "" {
		return known
	}
	if known := mime.TypeByExtension(ending); known != "" {
		return known
	}
	return "application/octet-stream"
}

// types has the lines of FreeSWITCH's mime.types that a machine may lack.
var types = map[string]string{".wav": "audio/x-wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".tif": "image/tiff", ".tiff": "image/tiff"}
