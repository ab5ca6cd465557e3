package outbound

import "context"

// A Control is a control connection to a FreeSWITCH.
type Control interface {
	API(ctx context.Context, line string) (string, error)
	BgAPI(ctx context.Context, line string) (string, error)
	SendEvent(ctx context.Context, name string, headers [][2]string, body string) error
}

// afterwards returns what carries commands when the call has hung up, nil if its own
// connection does. FreeSWITCH closes that after Linger, and a job that takes longer then has
// no result: a script that calls the caller back needs more time.
func (c *Call) afterwards(job bool) Control {
	if c.controls == nil || c.displaced || !c.Gone() {
		return nil
	}
	if _, hungUp := c.HungUp(); !hungUp {
		return nil
	}
	if c.conn.Look(); !job && c.conn.Err() == nil {
		return nil
	}
	return c.controls(c.snapshot.Get("Core-UUID"))
}
