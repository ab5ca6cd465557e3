package run

import (
	"context"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/google/uuid"
)

// Command runs an API command that the script is granted and returns what FreeSWITCH
// answers.
func (e *Env) Command(ctx context.Context, line string) (string, error) {
	line, err := e.ExpandCommand(ctx, line)
	if err != nil {
		return "", err
	}
	if err := e.Allowed(ctx, func() error { return e.Grants.CheckAPI(line) }); err != nil {
		return "", err
	}
	send := e.Switch.API
	if strings.ContainsAny(line, "\r\n") {
		send = e.sendLines
	}
	leave, err := e.pass(ctx, line)
	if err != nil {
		return "", err
	}
	output, err := send(ctx, line)
	leave(err == nil)
	e.Grants.Answered(line, output)
	return output, err
}

// maxExpandUUID is the size of the buffer into which expand copies a uuid, however long
// that is (mod_commands.c:expand_function).
const maxExpandUUID = 80

// sendLines runs a command whose arguments hold line breaks, which no line of the event
// socket can. They travel in a variable of the call, from which the command expand takes
// them as they are (mod_commands.c:expand_function). Its name is new each time, so that
// nothing changes them on the way. Without a call there is no way.
func (e *Env) sendLines(ctx context.Context, line string) (string, error) {
	// FreeSWITCH takes a line break for a blank where it looks for a command inside.
	if err := e.Grants.CheckAPI(breaks.Replace(line)); err != nil {
		return "", err
	}
	command, arguments, _ := strings.Cut(line, " ")
	set, name := "", "eslua_api_"+uuid.NewString()
	if e.Call != nil && !strings.Contains(e.Call.UUID(), " ") && len(e.Call.UUID()) < maxExpandUUID {
		var err error
		if set, err = e.Switch.API(ctx, syntax.ForChannel("uuid_setvar", e.Call.UUID(), name+" "+syntax.Rest(arguments))); err != nil {
			return "", err
		}
	}
	if !strings.HasPrefix(set, "+OK") {
		e.Log.Error("a command with a line break was not run: only a call that is up can take one to FreeSWITCH", "command", command)
		return "-ERR a line break cannot be sent\n", nil
	}
	output, err := e.Switch.API(ctx, "expand uuid:"+e.Call.UUID()+" "+command+" ${variable_"+name+"}")
	if err == nil {
		_, err = e.Switch.API(ctx, syntax.ForChannel("uuid_setvar", e.Call.UUID(), name))
	}
	return strings.TrimSuffix(output, "-ERR Cannot execute command\n"), err
}

var breaks = strings.NewReplacer("\r", " ", "\n", " ", "\t", " ", "\v", " ", "\f", " ")
