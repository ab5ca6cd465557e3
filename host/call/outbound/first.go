package outbound

import "time"

// first measures how soon a call gets its first command of its script.
type first struct {
	arrived time.Time
	begun   bool
	after   time.Duration // from arrived; 0: there was none
}

// ScriptBegins has the commands from now on count as those of the script.
func (c *Call) ScriptBegins() { c.begun = true }

// FirstCommand returns how long after the connection's arrival the script gave FreeSWITCH
// its first command, 0 if it gave none.
func (c *Call) FirstCommand() time.Duration { return c.after }

func (c *Call) commanded() {
	if c.begun && c.after == 0 {
		c.after = max(c.clock.Now().Sub(c.arrived), 1)
	}
}
