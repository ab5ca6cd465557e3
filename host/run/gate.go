package run

import (
	"context"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/node"
)

// pass waits until FreeSWITCH may be given an API command of the script. Call leave when it
// has been run, with whether FreeSWITCH has answered.
func (e *Env) pass(ctx context.Context, line string) (leave func(answered bool), err error) {
	free := func(bool) {}
	name, _, _ := strings.Cut(line, " ")
	if ungated[strings.ToLower(name)] {
		return free, nil
	}
	gate, err := e.gate(ctx)
	if gate == nil || err != nil {
		return free, err
	}
	if !gate.Try(e.Flow) {
		waiting, stop := e.Aside(ctx)
		defer stop()
		if err := gate.Await(waiting, e.Flow); err != nil {
			return nil, err
		}
	}
	sent := e.Clock.Now()
	return func(answered bool) { gate.Leave(e.Flow, sent, answered) }, nil
}

// gate returns the gate of the FreeSWITCH that the script's commands go to; nil: there is
// none.
func (e *Env) gate(ctx context.Context) (*node.Gate, error) {
	switch sw := e.Switch.(type) {
	case *node.Link:
		return sw.Gate(), nil
	case *node.Any:
		l, err := sw.Node(ctx)
		if err != nil {
			return nil, err
		}
		return l.Gate(), nil
	}
	if e.Call == nil {
		return nil, nil
	}
	return e.Gates.Of(e.core()), nil
}

// ungated are the commands that end calls, which wait for nobody, and those that take as
// long as what they wait for, which says nothing of FreeSWITCH.
var ungated = map[string]bool{
	"uuid_kill": true, "hupall": true,
	"originate": true, "msleep": true, "system": true, "curl": true, "curl_sendfile": true, "http_get": true, "http_put": true,
	"lua": true, "python": true, "python3": true, "perl": true, "jsapi": true, "load": true, "unload": true, "reload": true, "reloadxml": true,
}
