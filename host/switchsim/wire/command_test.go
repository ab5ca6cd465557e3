package wire_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/switchsim/wire"
)

func TestReadCommands(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []wire.Command
		err      error
	}{
		{"one", "connect\n\n", []wire.Command{{Line: "connect"}}, io.EOF},
		{"crlf", "api status\r\n\r\n", []wire.Command{{Line: "api status"}}, io.EOF},
		{"blank lines first", "\n\r\n\nexit\n\n", []wire.Command{{Line: "exit"}}, io.EOF},
		{"pipelined", "api a\n\napi b\n\n", []wire.Command{{Line: "api a"}, {Line: "api b"}}, io.EOF},
		{"headers", "sendmsg\ncall-command: execute\nexecute-app-arg:   a: b \nno colon\n\n",
			[]wire.Command{{Line: "sendmsg", Headers: []wire.Header{{Name: "call-command", Value: "execute"}, {Name: "execute-app-arg", Value: "a: b "}}}}, io.EOF},
		{"body", "sendevent X\nContent-Length: 5\n\nhe\nlo\n\nexit\n\n",
			[]wire.Command{{Line: "sendevent X", Headers: []wire.Header{{Name: "Content-Length", Value: "5"}}, Body: "he\nlo"}, {Line: "exit"}}, io.EOF},
		{"body ends at NUL", "x\ncontent-length: 4\n\nab\x00d", []wire.Command{{Line: "x", Headers: []wire.Header{{Name: "content-length", Value: "4"}}, Body: "ab"}}, io.EOF},
		{"length is atoi", "x\nContent-Length: 2junk\n\nab", []wire.Command{{Line: "x", Headers: []wire.Header{{Name: "Content-Length", Value: "2junk"}}, Body: "ab"}}, io.EOF},
		{"negative length", "x\nContent-Length: -1\n\n", nil, wire.ErrLength},
		{"huge length", "x\nContent-Length: 99999999\n\n", nil, wire.ErrLength},
		{"overflowing length", "x\nContent-Length: 99999999999999999999\n\n", nil, wire.ErrLength},
		{"half a head", "api stat", nil, io.EOF},
		{"half a body", "x\nContent-Length: 5\n\nab", nil, io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := wire.NewReader(strings.NewReader(c.in))
			var got []wire.Command
			var err error
			for {
				var cmd wire.Command
				if cmd, err = r.Read(); err != nil {
					break
				}
				got = append(got, cmd)
			}
			if !reflect.DeepEqual(got, c.want) || !errors.Is(err, c.err) {
				t.Fatalf("got %+v, %v\nwant %+v, %v", got, err, c.want, c.err)
			}
		})
	}
}

func TestBegunIsToldAtTheFirstByte(t *testing.T) {
	pr, pw := io.Pipe()
	defer pw.Close()
	r := wire.NewReader(pr)
	begun := make(chan struct{})
	r.Begun = func() { close(begun) }
	got := make(chan string)
	go func() {
		cmd, _ := r.Read()
		got <- cmd.Line
	}()
	io.WriteString(pw, "api st\n")
	<-begun // the command is not complete yet
	io.WriteString(pw, "\n")
	if line := <-got; line != "api st" {
		t.Fatal(line)
	}
}

func FuzzCommand(f *testing.F) {
	for _, s := range []string{"connect\n\n", "x\r\nA: b\r\n\r\n", "x\nContent-Length: 3\n\nabc", "\n\n\n", ":\n:\n\n", "x\nContent-Length: -9\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := wire.NewReader(bytes.NewReader(in))
		for {
			cmd, err := r.Read()
			if err != nil {
				return
			}
			if strings.ContainsAny(cmd.Line, "\r\n") || strings.Contains(cmd.Body, "\x00") {
				t.Fatalf("%+v", cmd)
			}
			for _, h := range cmd.Headers {
				if strings.ContainsAny(h.Name+h.Value, "\r\n") {
					t.Fatalf("%+v", cmd)
				}
			}
		}
	})
}
