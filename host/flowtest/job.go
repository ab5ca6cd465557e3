package flowtest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/kv"
)

// A Host is what serves on a stage.
type Host struct {
	// Kill ends it as a power failure does, after the stage has cut its connections, and
	// returns when nothing of it is left.
	Kill func()
	// Run runs a script without a call.
	Run func(ctx context.Context, script string, args []string, print func(line string)) error
	// Kept returns what a key of a bucket has: one of the configuration, or a flow's own.
	Kept func(ctx context.Context, bucket, key string) (e kv.Entry, found bool, err error)
}

// Run runs a script as eslua run does, and returns what it prints.
func (s *Scene) Run(ctx context.Context, script string, args []string) (lines []string, err error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	clock.BlockerOf(ctx).Block()
	defer clock.BlockerOf(ctx).Unblock()
	if err := clock.Sleep(ctx, s.clock, settle); err != nil { // startup scripts, and the connection to FreeSWITCH
		return nil, err
	}
	var printed Output
	before := s.ladder.failures()
	if err = s.stage.host.Run(ctx, script, args, printed.Print); err != nil {
		s.ladder.forgive(before, err.Error()) // the test gets it
	}
	return printed.Lines, err
}

// Kept lets a second pass, and returns what a key of a bucket has.
func (s *Scene) Kept(ctx context.Context, bucket, key string) (e kv.Entry, found bool, err error) {
	if err := s.begin(); err != nil {
		return e, false, err
	}
	clock.BlockerOf(ctx).Block()
	defer clock.BlockerOf(ctx).Unblock()
	if err := clock.Sleep(ctx, s.clock, settle); err != nil {
		return e, false, err
	}
	return s.stage.host.Kept(ctx, bucket, key)
}

// Lookup asks the host as FreeSWITCH's mod_xml_curl does, and returns the document.
func (s *Scene) Lookup(ctx context.Context, query map[string]string) (string, error) {
	if err := s.begin(); err != nil {
		return "", err
	}
	if s.stage.Lookups == nil {
		return "", fmt.Errorf("the configuration names no script that answers lookups; write xml: {scripts: {SECTION: SCRIPT}}")
	}
	clock.BlockerOf(ctx).Block()
	defer clock.BlockerOf(ctx).Unblock()
	if err := clock.Sleep(ctx, s.clock, settle); err != nil {
		return "", err
	}
	form := url.Values{}
	for name, value := range query {
		form.Set(name, value)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
		return s.net.Dial(ctx, address)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.stage.Lookups.Addr().String(), strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(s.config.XML.User, s.config.XML.Password)
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	document, err := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the lookup is answered with %s: %s", answer.Status, document)
	}
	return string(document), err
}

// mostRows bounds the rows that a test reads.
const mostRows = 10_000

// Rows returns what a query of a database of the scene gives, each row's values by their
// columns.
func (s *Scene) Rows(ctx context.Context, name, sql string) (rows []map[string]string, err error) {
	if err := s.begin(); err != nil {
		return nil, err
	}
	if err := clock.Sleep(ctx, s.clock, settle); err != nil {
		return nil, err
	}
	d, err := database.New(s.config.Databases, s.clock)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	h, err := d.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer h.Release()
	found, err := h.Query(ctx, sql, nil)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for len(rows) < mostRows {
		row, err := found.Next()
		if err != nil || row == nil {
			return rows, err
		}
		values := map[string]string{}
		for i, column := range row.Columns {
			if v := row.Values[i]; v.Kind != database.Null {
				values[column] = string(v.Text)
			}
		}
		rows = append(rows, values)
	}
	return nil, fmt.Errorf("more than %d rows", mostRows)
}
