package flowtest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/switchsim"
)

// A Calling describes a call of a test.
type Calling struct {
	Flow      string // "": the configuration's routes choose it
	Args      []string
	Caller    string // number
	Name      string
	Called    string
	Variables map[string]string
	Person    Person
}

// A Call is a call of a test.
type Call struct {
	Calling
	scene  *Scene
	script []switchsim.Step
	reacts [][]switchsim.Step
	leg    *switchsim.Call
	uuid   string
	began  time.Time
	quiet  bool   // a script error of it is expected
	next   *Stage // where another host waits for the call; nil: there is none
}

// Call has somebody call when the test waits next.
func (s *Scene) Call(c Calling) (*Call, error) {
	if len(s.calls)+len(s.pending) >= mostCalls {
		return nil, errCalls
	}
	call := &Call{Calling: c, scene: s}
	var err error
	if call.script, call.reacts, err = c.Person.scripts(s.least()); err != nil {
		return nil, err
	}
	s.pending = append(s.pending, call)
	return call, nil
}

func (c *Call) start() {
	s := c.scene
	actions := [][2]string{{"socket", s.stage.socket(c.Flow, c.Args)}}
	if c.next != nil { // as eslua dialplan has it
		resume := [2]string{"set", "socket_resume=true"}
		actions = [][2]string{resume, actions[0], resume, {"socket", c.next.socket(c.Flow, c.Args)}}
	}
	if c.Flow != "" || !s.answer.dialled(c.Called) {
		s.sim.SetExtension("default", extension(c.Called, actions))
	}
	c.began = s.clock.Now()
	c.uuid = s.sim.API("create_uuid")
	s.ladder.begin(c.uuid)
	c.leg = s.sim.Call(switchsim.Caller{
		UUID: c.uuid, Number: c.Caller, Name: c.Name, Destination: c.Called, Variables: c.Variables, Script: c.script, Reactions: c.reacts,
	})
}

// socket returns the data of the application that hands a call to the host.
func (st *Stage) socket(flow string, args []string) string {
	at := st.Listener.Addr().String()
	for _, part := range append([]string{flow}, args...) {
		if flow != "" {
			at += "/" + syntax.PathElement(part)
		}
	}
	return at + " async full"
}

// finish waits until the call has ended, and its script.
func (c *Call) finish(ctx context.Context) error {
	timer := c.scene.clock.NewTimer(Long)
	defer timer.Stop()
	late := fmt.Errorf("%s has not ended after %v: does the person hang up, or the flow?", describeCall(c.Caller), Long)
	clock.BlockerOf(ctx).Block()
	defer clock.BlockerOf(ctx).Unblock()
	select {
	case <-c.leg.Done():
	case <-timer.C:
		return late
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for {
		if err := clock.Sleep(ctx, c.scene.clock, settle); err != nil {
			return err
		}
		changed := c.scene.stage.busy(c.uuid)
		if changed == nil {
			return nil
		}
		select {
		case <-changed:
		case <-timer.C:
			return fmt.Errorf("the script has not ended %v after its call", Long)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// settle limits how long what begins at the end of a call may take.
const settle = time.Second

// Finish waits until every call of the test has ended, and its script.
func (c *Call) Finish(ctx context.Context) error { return c.scene.Finish(ctx) }

// Errors returns the errors of the test's scripts that no test has expected.
func (c *Call) Errors() []Mismatch { return c.scene.Errors() }

// Idle tells what persons of the test never do.
func (c *Call) Idle() []Mismatch { return c.scene.Idle() }

// Variable returns the value of a channel variable, at the end of a call that is over.
func (c *Call) Variable(name string) string { return c.leg.Variable(name) }

// Cause returns the hangup cause.
func (c *Call) Cause() string { return c.leg.Cause() }

// UUID returns the channel's UUID, "" before the call has begun.
func (c *Call) UUID() string { return c.uuid }

// describe names a channel.
func describe(r switchsim.Record) string {
	if r.Direction == "inbound" {
		return describeCall(r.Number)
	}
	if r.Dial != "" {
		return "the leg " + r.Dial
	}
	return "the leg " + strings.TrimPrefix(r.Channel, "sofia/internal/")
}

func describeCall(number string) string {
	if number == "" {
		return "the call"
	}
	return "the call from " + number
}
