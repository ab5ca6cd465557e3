package node

import (
	"context"

	"github.com/eslua/eslua/host/freeswitch/esl"
)

// connected returns the connection, or a *DownError.
func (l *Link) connected() (*esl.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == nil {
		return nil, &DownError{Node: l.node.Name, Address: l.node.address(), Err: l.down}
	}
	return l.conn, nil
}

// API runs an API command and returns its output unchanged ("+OK ...",
// "-ERR ..."). FreeSWITCH does nothing else for this connection until the command
// is done, so use BgAPI for commands that take long (originate). A *DownError means that the node is
// not connected, an *esl.DisconnectError that the connection ended during the command.
func (l *Link) API(ctx context.Context, line string) (string, error) {
	cmd, err := esl.API(line)
	if err != nil {
		return "", err
	}
	r, err := l.do(ctx, cmd)
	if err != nil {
		return "", err
	}
	return r.Text(), nil
}

// BgAPI runs an API command in FreeSWITCH's background and returns its output
// unchanged. An *esl.ReplyError means that FreeSWITCH did not accept the job.
func (l *Link) BgAPI(ctx context.Context, line string) (string, error) {
	conn, err := l.connected()
	if err != nil {
		return "", err
	}
	job, err := conn.StartJob(line)
	if err != nil {
		return "", err
	}
	return job.Wait(ctx)
}

// SendEvent fires an event into the node.
func (l *Link) SendEvent(ctx context.Context, name string, headers [][2]string, body string) error {
	cmd, err := esl.SendEvent(name, headers, body)
	if err != nil {
		return err
	}
	r, err := l.do(ctx, cmd)
	if err != nil {
		return err
	}
	return r.Err()
}

func (l *Link) do(ctx context.Context, cmd esl.Command) (esl.Reply, error) {
	conn, err := l.connected()
	if err != nil {
		return esl.Reply{}, err
	}
	l.inFlight.Add(1)
	defer l.inFlight.Add(-1)
	defer l.answered.Store(true)
	return conn.Do(ctx, cmd)
}
