package switchsim

import "context"

// Switch is one simulated FreeSWITCH.
type Switch struct {
	cfg Config
}

// New makes a switch; nothing runs before Start.
func New(cfg Config) *Switch { return &Switch{cfg: cfg} }

// Start listens and begins to serve.
func (s *Switch) Start() error { return nil }

// Close hangs every channel up (SYSTEM_SHUTDOWN), closes every connection and
// waits for all goroutines of the switch.
func (s *Switch) Close() error { return nil }

// Addr is host:port of the inbound event socket, known after Start.
func (s *Switch) Addr() string { return "" }

// API runs an API command line as the console would and returns its output.
func (s *Switch) API(line string) string { return "" }

// Originate runs "originate <args>" and returns the new channel's UUID, or an
// error that holds the cause ("USER_BUSY").
func (s *Switch) Originate(args string) (uuid string, err error) { return "", nil }

// Call makes somebody call in and returns at once.
func (s *Switch) Call(c Caller) *Call { return &Call{} }

// SetExtension adds or replaces an extension (matched by its Match).
func (s *Switch) SetExtension(context string, e Extension) {}

// SetEndpoint adds or replaces an endpoint (matched by its Dial).
func (s *Switch) SetEndpoint(e Endpoint) {}

// Records are all channels so far, oldest first.
func (s *Switch) Records() []Record { return nil }

// Record is one channel by its UUID.
func (s *Switch) Record(uuid string) (Record, bool) { return Record{}, false }

// Conference lists the UUIDs of the members of a conference.
func (s *Switch) Conference(name string) []string { return nil }

// WaitFor blocks until an Entry matches (past ones included) or ctx ends.
func (s *Switch) WaitFor(ctx context.Context, match func(Entry) bool) (Entry, error) {
	return Entry{}, ctx.Err()
}

// Call is one leg seen by the person at its end.
type Call struct{}

// Leg finds the living or ended leg of a channel, e.g. one that was originated.
func (s *Switch) Leg(uuid string) (*Call, bool) { return nil, false }

// UUID of the channel.
func (c *Call) UUID() string { return "" }

// Press presses digits now.
func (c *Call) Press(digits string) {}

// Hangup hangs up from this person's side; empty is NORMAL_CLEARING.
func (c *Call) Hangup(cause string) {}

// Done is closed when the channel is gone (after CHANNEL_HANGUP_COMPLETE).
func (c *Call) Done() <-chan struct{} { return nil }

// Cause is the final hangup cause, empty while the call lives.
func (c *Call) Cause() string { return "" }

// Variable is a channel variable's value.
func (c *Call) Variable(name string) string { return "" }
