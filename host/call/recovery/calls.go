package recovery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
)

// call is a channel in a socket application, as FreeSWITCH's table has it.
type call struct {
	uuid, data, caller, called, created string
	ports                               string // of this machine, one of which was dialled
}

// sockets are the channels whose newest application is socket. A script that has
// executed anything shows that instead. The table is behind by a moment.
func sockets(ctx context.Context, n Node) ([]call, error) {
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
		} `json:"rows"`
	}
	if err := json.Unmarshal([]byte(text), &table); err != nil {
		return nil, fmt.Errorf("show channels as json answered %.60q: %w", text, err)
	}
	var calls []call
	for _, r := range table.Rows {
		if r.App == "socket" && r.State == "CS_EXECUTE" {
			calls = append(calls, call{uuid: r.UUID, data: r.Data, caller: r.Caller, called: r.Called, created: r.Created})
		}
	}
	return calls, nil
}

// confirmed asks the channel itself whether it is still in that socket, and
// whom FreeSWITCH dialled last.
func confirmed(ctx context.Context, n Node, c call) (host string, waits bool, err error) {
	text, err := n.API(ctx, "uuid_dump "+c.uuid+" json")
	if err != nil {
		return "", false, err
	}
	var now map[string]any
	if json.Unmarshal([]byte(text), &now) != nil {
		return "", false, nil // it is gone: -ERR No such channel!
	}
	host, _ = now["variable_socket_host"].(string)
	return host, now["Channel-State"] == "CS_EXECUTE" &&
		now["variable_current_application"] == "socket" &&
		now["variable_current_application_data"] == c.data, nil
}

// reentry is the command that hands the call over again: its own socket as an
// extension of the inline dialplan.
func (c call) reentry() (string, error) {
	if strings.Contains(c.data, "${") || strings.ContainsAny(c.data, "'\\\n") {
		return "", errors.New("its socket's data would be read otherwise a second time")
	}
	i := strings.IndexFunc("^~;|!", func(r rune) bool { return !strings.ContainsRune(c.data, r) })
	if i < 0 {
		return "", errors.New("its socket's data holds every separator of the inline dialplan")
	}
	apart := "^~;|!"[i : i+1]
	actions := "m:" + apart + ":set:socket_resume=true" + apart + "socket:" + c.data
	return "uuid_transfer " + c.uuid + " " + syntax.Word(actions) + " inline", nil
}

// command runs an API command that answers +OK.
func command(ctx context.Context, n Node, line string) error {
	answer, err := n.API(ctx, line)
	if err == nil && !strings.HasPrefix(answer, "+OK") {
		err = fmt.Errorf("%s: FreeSWITCH answered %q", line, strings.TrimSpace(answer))
	}
	return err
}
