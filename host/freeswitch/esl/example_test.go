package esl_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// A control connection: FreeSWITCH asks for the password, and then answers each
// command in turn.
func ExampleConn() {
	ours, theirs := net.Pipe()
	go func() { // FreeSWITCH
		commands := bufio.NewScanner(theirs)
		_, _ = io.WriteString(theirs, "Content-Type: auth/request\n\n")
		for commands.Scan() {
			switch commands.Text() {
			case "auth ClueCon":
				_, _ = io.WriteString(theirs, "Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
			case "api uuid_exists 42":
				_, _ = io.WriteString(theirs, "Content-Type: api/response\nContent-Length: 5\n\nfalse")
			}
		}
	}()

	conn, ctx := esl.NewConn(ours, esl.Options{}), context.Background()
	defer conn.Close()
	first, _ := conn.Next(ctx)
	fmt.Println(first.Type())
	for _, build := range []func() (esl.Command, error){
		func() (esl.Command, error) { return esl.Auth("ClueCon") },
		func() (esl.Command, error) { return esl.API("uuid_exists 42") },
	} {
		cmd, err := build() // an error: the text could mean a second command
		if err != nil {
			fmt.Println(err)
			return
		}
		reply, err := conn.Do(ctx, cmd)
		fmt.Println(reply.Text(), err)
	}
	// Output:
	// auth/request
	// +OK accepted <nil>
	// false <nil>
}
