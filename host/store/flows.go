package store

// Flow is a script of a generation, any of which may be run as a flow.
type Flow struct {
	Name    string // as a call names it, without ".lua"
	Version string // as Generation.Version
	Module  bool   // another script requires it
}

// Version is 12 hexadecimal digits over all that can decide how a flow behaves:
// its script and every script it can require. Two generations in which a flow
// has the same version run it alike. It is "" for a flow that is not there.
func (g *Generation) Version(flow string) string { return "" }

// Flows are all scripts, by name.
func (g *Generation) Flows() []Flow { return nil }

// Uses are the files that decide a flow's version, by name; none for a flow that
// is not there.
func (g *Generation) Uses(flow string) []string { return nil }
