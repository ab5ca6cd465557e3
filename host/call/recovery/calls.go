package recovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// A call is a channel in a socket application, as FreeSWITCH's table shows it, or one in
// CS_RESET. There it stays if somebody bridges or parks it in the moment in which its
// host dies: the end of a connection puts a channel with socket_resume into that state,
// and only its own socket application takes it out again (mod_event_socket.c:
// listener_run, socket_function).
type call struct {
	uuid, data, caller, called, created string
	ports                               string // of this machine; FreeSWITCH dialled one of them
	extension                           string // of a channel in CS_RESET: its extension, dialplan and context; else ""
}

// since returns the time at which the channel was created, by FreeSWITCH's clock.
func (c call) since() string {
	seconds, err := strconv.ParseInt(c.created, 10, 64)
	if err != nil {
		return c.created
	}
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}

// callsInSocket returns the channels whose newest application is socket, and those in
// CS_RESET. After a script has executed anything the table shows that instead, a moment
// later.
func callsInSocket(ctx context.Context, n Node) ([]call, error) {
	text, err := n.API(ctx, "show channels as json")
	if err != nil {
		return nil, err
	}
	var table struct {
		Rows []struct {
			UUID    string `json:"uuid"`
			State   string `json:"state"`
			App     string `json:"application"`
			Data    string `json:"application_data"`
			Caller  string `json:"cid_num"`
			Called  string `json:"dest"`
			Created string `json:"created_epoch"`
			Plan    string `json:"dialplan"`
			Context string `json:"context"`
		} `json:"rows"`
	}
	if err := json.Unmarshal([]byte(text), &table); err != nil {
		return nil, fmt.Errorf("show channels as json answered %.60q: %w", text, err)
	}
	var calls []call
	for _, r := range table.Rows {
		c := call{uuid: r.UUID, data: r.Data, caller: r.Caller, called: r.Called, created: r.Created}
		switch {
		case r.App == "socket" && r.State == "CS_EXECUTE":
			calls = append(calls, c)
		case r.State == stateReset:
			c.extension = syntax.Word(r.Called) + " " + syntax.Word(r.Plan) + " " + syntax.Word(r.Context)
			calls = append(calls, c)
		}
	}
	return calls, nil
}

const stateReset = "CS_RESET"

// stillInSocket asks the channel itself whether it is in that socket now, or in CS_RESET
// after one, and which host FreeSWITCH dialled last.
func stillInSocket(ctx context.Context, n Node, c call) (host string, waits bool, err error) {
	text, err := n.API(ctx, syntax.ForChannel("uuid_dump", c.uuid, "json"))
	if err != nil {
		return "", false, err
	}
	var now map[string]any
	if json.Unmarshal([]byte(text), &now) != nil {
		return "", false, nil // the channel is gone: -ERR No such channel!
	}
	host, _ = now["variable_socket_host"].(string)
	if c.extension != "" {
		return host, now["Channel-State"] == stateReset && now["variable_socket_resume"] == "true", nil
	}
	return host, now["Channel-State"] == "CS_EXECUTE" &&
		now["variable_current_application"] == "socket" &&
		now["variable_current_application_data"] == c.data, nil
}

// reentry returns the command that hands the call over again: it transfers the
// call to its own socket in the inline dialplan, or from CS_RESET to its extension.
func (c call) reentry() (string, error) {
	if c.extension != "" {
		return syntax.ForChannel("uuid_transfer", c.uuid, c.extension), nil
	}
	if strings.Contains(c.data, "${") || strings.ContainsAny(c.data, "'\\\n") {
		return "", errors.New("it cannot be handed over again: its socket's data holds ${}, a quote, a backslash or a line end, which FreeSWITCH would expand a second time")
	}
	i := strings.IndexFunc("^~;|!", func(r rune) bool { return !strings.ContainsRune(c.data, r) })
	if i < 0 {
		return "", errors.New("it cannot be handed over again: its socket's data holds all of ^~;|!, so none of them can separate actions of the inline dialplan")
	}
	separator := "^~;|!"[i : i+1]
	actions := "m:" + separator + ":set:socket_resume=true" + separator + "socket:" + c.data
	return syntax.ForChannel("uuid_transfer", c.uuid, syntax.Word(actions)+" inline"), nil
}

// command runs an API command and returns an error unless FreeSWITCH answers +OK.
func command(ctx context.Context, n Node, line string) error {
	answer, err := n.API(ctx, line)
	if err == nil && !strings.HasPrefix(answer, "+OK") {
		err = fmt.Errorf("%s: FreeSWITCH answered %q", line, strings.TrimSpace(answer))
	}
	return err
}
