package dialplan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Source is a dialplan to check: a file, the *.xml of a directory and all below
// it, or the answer of an http(s) address.
type Source struct {
	name string
	body string // of an address
}

// File is the source of a file or directory.
func File(name string) Source { return Source{name: name} }

const (
	fetchTime = 10 * time.Second
	fetchSize = 4 << 20
)

// Fetch asks an http(s) address for its dialplan, as mod_xml_curl does for a
// call (mod_xml_curl.c:xml_url_fetch): a POST, whose answer may depend on the
// number called. An address that takes no POST is asked with GET.
func Fetch(ctx context.Context, address, number string) (Source, error) {
	ctx, stop := context.WithTimeout(ctx, fetchTime)
	defer stop()
	// From mod_dialplan_xml.c:dialplan_xml_locate, and what scripts behind
	// mod_xml_curl mostly look at.
	question := url.Values{
		"hostname": {"eslua"}, "section": {"dialplan"}, "tag_name": {""}, "key_name": {""}, "key_value": {""},
		"Hunt-Dialplan": {"XML"}, "Hunt-Context": {"default"}, "Hunt-Destination-Number": {number},
		"Caller-Context": {"default"}, "Caller-Destination-Number": {number}, "Caller-Caller-ID-Number": {"1000"},
	}.Encode()
	body, err := ask(ctx, http.MethodPost, address, question)
	if refused := (*statusError)(nil); errors.As(err, &refused) && refused.code != http.StatusUnauthorized && refused.code < 500 {
		body, err = ask(ctx, http.MethodGet, address, "")
	}
	if err != nil {
		return Source{}, fmt.Errorf("%s: %w", address, err)
	}
	return Source{address, body}, nil
}

type statusError struct{ code int }

func (e *statusError) Error() string {
	return fmt.Sprintf("the server answered %d %s", e.code, http.StatusText(e.code))
}

func ask(ctx context.Context, method, address, form string) (string, error) {
	q, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
	if err != nil {
		return "", err
	}
	q.Header.Set("User-Agent", "freeswitch-xml/1.0")
	if method == http.MethodPost {
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Do(q)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK { // FreeSWITCH takes nothing else
		return "", &statusError{answer.StatusCode}
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, fetchSize+1))
	if err == nil && len(body) > fetchSize {
		err = fmt.Errorf("the answer is longer than %d MiB", fetchSize>>20)
	}
	return string(body), err
}

// read makes the XML of a source: one for each file of a directory.
func (s Source) read(r *reader) (all []*source) {
	if s.body != "" {
		one := &source{}
		r.add(one, s.name, s.body, 0)
		return []*source{one}
	}
	if info, err := os.Stat(s.name); err != nil || !info.IsDir() {
		one := &source{}
		r.file(one, s.name, 0)
		return []*source{one}
	}
	said := len(r.findings)
	all = r.directory(s.name, map[string]bool{})
	if len(all) == 0 && len(r.findings) == said {
		r.say(s.name, 1, "there is no *.xml here; name the directory dialplan of FreeSWITCH's configuration, or a file in it")
	}
	return all
}

// directory reads what lies in one and below it, also behind links, but nothing
// twice.
func (r *reader) directory(name string, seen map[string]bool) (all []*source) {
	real, err := filepath.EvalSymlinks(name)
	if err == nil && seen[real] {
		return nil
	}
	seen[real] = true
	entries, err := os.ReadDir(name)
	if err != nil {
		r.say(name, 1, "cannot be read: %v", err)
	}
	for _, e := range entries {
		at := filepath.Join(name, e.Name())
		if info, err := os.Stat(at); err == nil && info.IsDir() {
			all = append(all, r.directory(at, seen)...)
		} else if filepath.Ext(at) == ".xml" {
			one := &source{}
			r.file(one, at, 0)
			all = append(all, one)
		}
	}
	return all
}
