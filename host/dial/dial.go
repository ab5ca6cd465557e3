// Package dial owns how a dial string is written: endpoints that ring together
// or one after the other, and the variables each of them gets, so that
// FreeSWITCH's parser gives back exactly what was put in.
package dial

// String is what to dial. Groups are tried one after the other; the legs of a
// group ring together.
type String struct {
	Vars   []Var // of every leg
	Groups [][]Leg
}

// Leg is one endpoint and its own variables.
type Leg struct {
	Endpoint string // "user/1000", "sofia/gateway/gw/0049..."
	Vars     []Var
}

// Var is one channel variable.
type Var struct{ Name, Value string }

// Write is the dial string as freeswitch.Session and originate's core take it
// (switch_ivr_originate.c:switch_ivr_originate). The error is a *CarryError.
func (s String) Write() (string, error) { return "", nil }

// CarryError is something no dial string can carry.
type CarryError struct{ What, Reason string }

func (e *CarryError) Error() string { return e.What + " " + e.Reason }
