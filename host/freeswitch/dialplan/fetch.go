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

// A Source is a dialplan to check: a file, every *.xml in and below a directory,
// or the response of an http(s) address.
type Source struct {
	name string
	body string // the response of an address
}

// File returns the source for a file or directory.
func File(name string) Source { return Source{name: name} }

const (
	fetchTimeout = 10 * time.Second
	fetchLimit   = 4 << 20
)

// Fetch requests a dialplan from an http(s) address as mod_xml_curl does for a call
// (mod_xml_curl.c:xml_url_fetch): with a POST, whose response may depend on the
// number called. If the address accepts no POST, Fetch tries GET.
func Fetch(ctx context.Context, address, number string) (Source, error) {
	ctx, stop := context.WithTimeout(ctx, fetchTimeout)
	defer stop()
	// From mod_dialplan_xml.c:dialplan_xml_locate, and the fields that
	// scripts for mod_xml_curl mostly read.
	form := url.Values{
		"hostname": {"eslua"}, "section": {"dialplan"}, "tag_name": {""}, "key_name": {""}, "key_value": {""},
		"Hunt-Dialplan": {"XML"}, "Hunt-Context": {"default"}, "Hunt-Destination-Number": {number},
		"Caller-Context": {"default"}, "Caller-Destination-Number": {number}, "Caller-Caller-ID-Number": {"1000"},
	}.Encode()
	body, err := request(ctx, http.MethodPost, address, form)
	if refused := (*statusError)(nil); errors.As(err, &refused) && refused.code != http.StatusUnauthorized && refused.code < 500 {
		body, err = request(ctx, http.MethodGet, address, "")
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

func request(ctx context.Context, method, address, form string) (string, error) {
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
	if answer.StatusCode != http.StatusOK { // FreeSWITCH accepts nothing else
		return "", &statusError{answer.StatusCode}
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, fetchLimit+1))
	if err == nil && len(body) > fetchLimit {
		err = fmt.Errorf("the response is longer than %d MiB", fetchLimit>>20)
	}
	return string(body), err
}

// read returns the XML of a source: one for each file of a directory.
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
	before := len(r.findings)
	all = r.directory(s.name, map[string]bool{})
	if len(all) == 0 && len(r.findings) == before {
		r.report(s.name, 1, "no *.xml file is here; name the directory dialplan of FreeSWITCH's configuration, or a file in it")
	}
	return all
}

// directory reads the files in and below a directory, also through links, each
// directory once.
func (r *reader) directory(name string, seen map[string]bool) (all []*source) {
	real, err := filepath.EvalSymlinks(name)
	if err == nil && seen[real] {
		return nil
	}
	seen[real] = true
	entries, err := os.ReadDir(name)
	if err != nil {
		r.report(name, 1, "cannot be read: %v", err)
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
