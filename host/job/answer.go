package job

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/lookup"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/run"
)

const (
	maxLookup = 1 << 20         // bytes of a request: a channel with all its variables has some 50 KiB
	maxHeader = 16 << 10        // bytes of its HTTP header
	readTime  = 5 * time.Second // to read it
	endTime   = 5 * time.Second // for lookups in progress when the host ends
)

// MaxAnswer limits a document; mod_xml_curl takes 1 MiB unless it is told otherwise
// (response-max-bytes).
const MaxAnswer = 4 << 20

// AnswerLookups answers FreeSWITCH's mod_xml_curl on l until ctx ends.
func (s *Source) AnswerLookups(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           http.HandlerFunc(s.answer),
		ReadHeaderTimeout: readTime,
		ReadTimeout:       readTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(quiet{s.deps.Log}, "", 0),
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		if errors.Is(err, net.ErrClosed) { // another eslua has the address from now on
			_ = server.Shutdown(ctx)
			return nil
		}
		return fmt.Errorf("the address of xml: %w", err)
	case <-ctx.Done():
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer stop()
	if server.Shutdown(end) != nil {
		_ = server.Close()
	}
	<-ended
	return nil
}

// quiet receives net/http's complaints about clients.
type quiet struct{ log *slog.Logger }

func (q quiet) Write(line []byte) (int, error) {
	q.log.Debug("xml: " + string(bytes.TrimSpace(line)))
	return len(line), nil
}

// answer answers one lookup.
func (s *Source) answer(w http.ResponseWriter, r *http.Request) {
	settings := s.cfg.Load().XML
	if status := admit(r, settings); status != http.StatusOK {
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="eslua"`)
			s.deps.Log.Warn("xml: a lookup without the right password was refused: set gateway-credentials of xml_curl.conf.xml to xml.user:xml.password", "from", r.RemoteAddr)
		}
		refuse(w, status, http.StatusText(status))
		return
	}
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLookup))
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, err.Error())
			return
		}
		text = string(body)
	}
	request, err := lookup.ParseRequest(text)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	script, ok := settings.Script(request.Section, request.KeyValue)
	if !ok {
		respond(w, lookup.NotFound)
		return
	}
	left, ok := s.takeTurn(r.Context(), time.Duration(settings.Timeout))
	if !ok {
		s.deps.Log.Warn("xml: a lookup has waited for its turn for too long: the scripts are slow, or xml.parallel is too low", "section", request.Section)
		refuse(w, http.StatusServiceUnavailable, "too many lookups")
		return
	}
	defer func() { <-s.turns }()
	doc, err := s.lookUp(r.Context(), script, request, left)
	switch {
	case err != nil:
		refuse(w, http.StatusInternalServerError, "the script failed; eslua's log has the reason")
	case doc == "":
		respond(w, lookup.NotFound)
	default:
		respond(w, doc)
	}
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, why+"\n")
}

func respond(w http.ResponseWriter, document string) {
	w.Header().Set("Content-Type", "text/xml")
	_, _ = io.WriteString(w, document) // FreeSWITCH may have gone
}

// takeTurn waits until not too many lookups are answered, and returns what is left of the
// time for the answer. It reports false when half of it is over.
func (s *Source) takeTurn(ctx context.Context, timeout time.Duration) (left time.Duration, ok bool) {
	select {
	case s.turns <- struct{}{}:
		return timeout, true
	default:
	}
	over := make(chan struct{})
	if timeout > 0 {
		defer s.deps.Clock.AfterFunc(timeout/2, func() { close(over) }).Stop()
	}
	began := s.deps.Clock.Now()
	select {
	case s.turns <- struct{}{}:
		if timeout > 0 {
			timeout -= s.deps.Clock.Now().Sub(began)
		}
		return timeout, true
	case <-over:
	case <-ctx.Done():
	}
	return 0, false
}

// lookUp runs a script for a request and returns its document, "" if it gives none.
func (s *Source) lookUp(ctx context.Context, script config.Script, request lookup.Request, timeout time.Duration) (document string, err error) {
	given := map[string]any{"XML_REQUEST": map[string]any{
		"section": request.Section, "tag_name": request.TagName, "key_name": request.KeyName, "key_value": request.KeyValue, "hostname": request.Hostname,
	}}
	if len(request.Params) > 0 {
		given["params"] = esl.NewEvent(request.Params, "")
	}
	j := job{
		kind: XML, name: script.Name(), args: script.Args(), sw: s.nodeOf(request.Hostname), log: s.xmlLog, timeout: timeout,
		channel: request.Get("Unique-ID"), given: given,
	}
	j.completed = func(env *run.Env) (err error) {
		document, err = read(env, request)
		return err
	}
	return document, s.run(ctx, j)
}

// nodeOf returns the node that asks, by its name, or else any.
func (s *Source) nodeOf(hostname string) run.Switch {
	if sw, err := s.node(hostname); err == nil {
		return sw
	}
	return s.anyNode()
}

// admit returns the status of HTTP that a request gets before it is read.
func admit(r *http.Request, settings config.XML) int {
	switch user, password, _ := r.BasicAuth(); {
	case r.Method != http.MethodPost && r.Method != http.MethodGet:
		return http.StatusMethodNotAllowed
	case settings.Password == "" && !isAddress(r.Host): // a web page that a browser here has been led to
		return http.StatusForbidden
	case settings.Password != "" && subtle.ConstantTimeCompare([]byte(user+":"+password), []byte(settings.User+":"+settings.Password)) != 1:
		return http.StatusUnauthorized
	}
	return http.StatusOK
}

// isAddress reports whether a Host header names an address of this machine, and not a
// name that somebody else has given it.
func isAddress(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "localhost" || net.ParseIP(strings.Trim(host, "[]")) != nil
}
