package console

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// A Client is the other end of a console's connection. One goroutine uses it.
type Client struct {
	Greeting
	conn    io.ReadWriteCloser
	answers chan Answer // closed with the connection
	broken  error       // why it was closed
	gone    chan struct{}
	reading sync.WaitGroup
}

// mostAnswer bounds the bytes of an Answer, the longest of which is an event or the output
// of a command.
const mostAnswer = 64 << 20

// NewClient returns a Client over a connection, when the console has greeted it.
func NewClient(conn io.ReadWriteCloser) (*Client, error) {
	c := &Client{conn: conn, answers: make(chan Answer), gone: make(chan struct{})}
	lines := bufio.NewScanner(conn)
	lines.Buffer(nil, mostAnswer)
	if !lines.Scan() {
		_ = conn.Close()
		return nil, fmt.Errorf("eslua has not opened a console: %w", ended(lines.Err()))
	}
	err := json.Unmarshal(lines.Bytes(), &c.Greeting)
	if err == nil && c.Greeting.Error != "" {
		err = errors.New(c.Greeting.Error)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	c.reading.Go(func() {
		defer close(c.answers)
		defer close(c.gone)
		for lines.Scan() {
			var a Answer
			if c.broken = json.Unmarshal(lines.Bytes(), &a); c.broken != nil {
				return
			}
			c.answers <- a
		}
		c.broken = ended(lines.Err())
	})
	return c, nil
}

// ended returns why a connection has ended.
func ended(err error) error {
	if err == nil {
		return io.EOF
	}
	return err
}

// Gone returns a channel that is closed when the console has ended, of which Do returns the
// error.
func (c *Client) Gone() <-chan struct{} { return c.gone }

// Close ends the console.
func (c *Client) Close() {
	_ = c.conn.Close()
	for range c.answers {
		continue
	}
	c.reading.Wait()
}

// Do has the console do what a Request asks for, shows the Answers before the last one, and
// returns that. Each value from interrupts interrupts what the console does.
func (c *Client) Do(ctx context.Context, r Request, interrupts <-chan struct{}, show func(Answer)) (Answer, error) {
	if err := send(c.conn, r); err != nil {
		return Answer{}, c.explain(err)
	}
	for {
		select {
		case a, ok := <-c.answers:
			switch {
			case !ok:
				return Answer{}, c.explain(c.broken)
			case a.Done:
				return a, nil
			}
			show(a)
		case <-interrupts:
			if err := send(c.conn, Request{Interrupt: true}); err != nil {
				return Answer{}, c.explain(err)
			}
		case <-ctx.Done():
			return Answer{}, ctx.Err()
		}
	}
}

func (c *Client) explain(err error) error {
	return fmt.Errorf("eslua has ended, and with it the console: %w", err)
}
