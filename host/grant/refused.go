package grant

// RefusedError is something a flow asked for and has no grant for.
type RefusedError struct {
	Kind  string // "API command", "application", "reading", "events"
	Name  string // the command, application or file
	Where string // the text it stands in, "" if the script named it directly
}

func (e *RefusedError) Error() string { return "" }
