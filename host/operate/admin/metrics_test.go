package admin

import (
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// exposition is a text of metrics as a strict reader understands it.
type exposition struct {
	kinds  map[string]string  // of families
	values map[string]float64 // by name and labels as written
}

var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*`)
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*`)
)

// readMetrics reads the text format 0.0.4 and takes nothing that any reader of
// it might not: each family has HELP, then TYPE, then its samples, once; labels
// are quoted and escaped; no series comes twice.
func readMetrics(text string) (exposition, error) {
	e := exposition{map[string]string{}, map[string]float64{}}
	if !strings.HasSuffix(text, "\n") {
		return e, fmt.Errorf("the last line has no end")
	}
	if !utf8.ValidString(text) {
		return e, fmt.Errorf("not UTF-8")
	}
	family, typed := "", false
	for n, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		err := func() error {
			if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
				name, help, ok := strings.Cut(rest, " ")
				if !ok || metricName.FindString(name) != name || badEscape(help, `\n`) {
					return fmt.Errorf("bad HELP")
				}
				if _, again := e.kinds[name]; again {
					return fmt.Errorf("family %s comes twice", name)
				}
				family, typed, e.kinds[name] = name, false, ""
				return nil
			}
			if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
				name, kind, _ := strings.Cut(rest, " ")
				if name != family || typed || kind != "gauge" && kind != "counter" {
					return fmt.Errorf("bad TYPE after HELP of %s", family)
				}
				if kind == "counter" != strings.HasSuffix(name, "_total") {
					return fmt.Errorf("%s is a %s", name, kind)
				}
				typed, e.kinds[name] = true, kind
				return nil
			}
			name := metricName.FindString(line)
			if name == "" || name != family || !typed {
				return fmt.Errorf("a sample that is not of %s", family)
			}
			labels, rest, err := readLabels(line[len(name):])
			if err != nil {
				return err
			}
			number, ok := strings.CutPrefix(rest, " ")
			v, err := strconv.ParseFloat(number, 64)
			if !ok || err != nil {
				return fmt.Errorf("bad value %q", rest)
			}
			if _, again := e.values[name+labels]; again {
				return fmt.Errorf("series %s%s comes twice", name, labels)
			}
			e.values[name+labels] = v
			return nil
		}()
		if err != nil {
			return e, fmt.Errorf("line %d: %w: %s", n+1, err, line)
		}
	}
	return e, nil
}

// badEscape finds a backslash before anything but what may be escaped.
func badEscape(s, mayBe string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		i++
		if i == len(s) || !strings.ContainsRune(`\`+mayBe, rune(s[i])) {
			return true
		}
	}
	return false
}

func readLabels(s string) (labels, rest string, err error) {
	if !strings.HasPrefix(s, "{") {
		return "", s, nil
	}
	seen := map[string]bool{}
	for i := 1; ; {
		name := labelName.FindString(s[i:])
		i += len(name)
		if name == "" || seen[name] || !strings.HasPrefix(s[i:], `="`) {
			return "", "", fmt.Errorf("bad label %q", name)
		}
		seen[name] = true
		begin := i + 2
		for i = begin; i < len(s) && s[i] != '"'; i++ {
			if s[i] == '\\' {
				i++
			}
		}
		if i >= len(s) || badEscape(s[begin:i], `n"`) {
			return "", "", fmt.Errorf("bad value of label %s", name)
		}
		i++
		switch {
		case strings.HasPrefix(s[i:], "}"):
			return s[:i+1], s[i+1:], nil
		case !strings.HasPrefix(s[i:], ","):
			return "", "", fmt.Errorf("labels without an end")
		}
		i++
	}
}

// TestTheReaderIsStrict shows that the reader would find what it is there to find.
func TestTheReaderIsStrict(t *testing.T) {
	head := "# HELP a b\n# TYPE a gauge\n"
	if _, err := readMetrics(head + `a{x="1",y="\\\"\n"} 2` + "\n"); err != nil {
		t.Error(err)
	}
	for _, wrong := range []string{
		"", "a 1\n", head + "a 1", head + "b 1\n", head + "a one\n", head + "a{x=1} 1\n", head + `a{x="1" 1` + "\n",
		head + `a{x="\t"} 1` + "\n", head + `a{x="1",x="2"} 1` + "\n", head + "a 1\na 1\n", head + head, "# HELP a b\n# TYPE a counter\na 1\n",
		"# HELP a_total b\n# TYPE a_total gauge\na_total 1\n", "# HELP a b\\c\n# TYPE a gauge\na 1\n", head + "a{x=\"\xff\"} 1\n", head + "a{} 1\n",
	} {
		if _, err := readMetrics(wrong); err == nil {
			t.Errorf("the reader takes %q", wrong)
		}
	}
}

func (s *started) fetch(t *testing.T, method, path string) (code int, format, text string) {
	t.Helper()
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.server.MetricsAddr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	body, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.StatusCode, w.Header.Get("Content-Type"), string(body)
}

// startWatched starts a Server with metrics.
func startWatched(t *testing.T, f *fake) *started {
	t.Helper()
	s := start(t, filepath.Join(shortDir(t), "eslua.sock"), "127.0.0.1:0", f)
	s.log.next(t, "is open")
	s.log.next(t, "is open")
	return s
}

func TestMetrics(t *testing.T) {
	s := startWatched(t, &fake{st: Status{
		Version: "v1", Started: noon,
		Scripts: Scripts{Generation: "aa", Since: noon.Add(500 * time.Millisecond), Count: 12, WrongSince: noon, Swaps: 3, Refusals: 2, Rollbacks: 1},
		Calls:   Calls{Running: 5, Max: 10, Refused: 4, NoFlow: 8},
		Flows: []Flow{
			{Name: `we"ird\flow` + "\nx\xff", Started: 9, Ended: 7, Failed: 1, Running: []Use{{"aa", "v", 1}, {"bb", "w", 1}}},
			{Name: "held", Held: &Hold{Pinned: true, Generation: "bb"}, Canary: &Canary{Share: 15, Generation: "cc"}},
			{Name: "lib", Module: true},
		},
		Nodes: []Node{{Name: "n1", Up: true, Connects: 2, Restarts: 1, EventsLost: 6}, {Name: "n2"}},
	}})
	code, format, text := s.fetch(t, "GET", "/metrics")
	if format != "text/plain; version=0.0.4; charset=utf-8" || code != http.StatusOK {
		t.Errorf("%d, %s", code, format)
	}
	e, err := readMetrics(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	weird := `{flow="we\"ird\\flow\nx` + "\uFFFD" + `"`
	for series, want := range map[string]float64{
		`eslua_build_info{version="v1"}`:                          1,
		`eslua_start_time_seconds`:                                float64(noon.Unix()),
		`eslua_taking_calls`:                                      1,
		`eslua_config_problem`:                                    0,
		`eslua_calls_running` + weird + `,generation="aa"}`:       1,
		`eslua_calls_running` + weird + `,generation="bb"}`:       1,
		`eslua_calls_started_total` + weird + `}`:                 9,
		`eslua_calls_ended_total` + weird + `}`:                   7,
		`eslua_calls_failed_total` + weird + `}`:                  1,
		`eslua_calls_started_total{flow="held"}`:                  0,
		`eslua_connections`:                                       5,
		`eslua_connections_max`:                                   10,
		`eslua_calls_without_flow_total`:                          8,
		`eslua_calls_refused_total`:                               4,
		`eslua_scripts_info{generation="aa"}`:                     1,
		`eslua_scripts_loaded_timestamp_seconds`:                  float64(noon.Unix()) + 0.5,
		`eslua_scripts`:                                           12,
		`eslua_scripts_problem`:                                   1,
		`eslua_scripts_problem_since_timestamp_seconds`:           float64(noon.Unix()),
		`eslua_scripts_swaps_total`:                               3,
		`eslua_scripts_refusals_total`:                            2,
		`eslua_scripts_rollbacks_total`:                           1,
		`eslua_flow_held{flow="held",kind="pin",generation="bb"}`: 1,
		`eslua_canary_share_ratio{flow="held",generation="cc"}`:   0.15,
		`eslua_node_up{node="n1"}`:                                1,
		`eslua_node_up{node="n2"}`:                                0,
		`eslua_node_connects_total{node="n1"}`:                    2,
		`eslua_node_restarts_total{node="n1"}`:                    1,
		`eslua_events_dropped_total{node="n1"}`:                   6,
	} {
		if got, ok := e.values[series]; !ok || got != want {
			t.Errorf("%s is %v (there: %v), want %v", series, got, ok, want)
		}
	}
	if _, ok := e.values[`eslua_calls_started_total{flow="lib"}`]; ok {
		t.Error("a module without calls has series")
	}
	for _, name := range []string{"eslua_goroutines", "eslua_heap_bytes", "eslua_memory_bytes"} {
		if v := e.values[name]; v < 1 || math.IsInf(v, 0) {
			t.Errorf("%s is %v", name, v)
		}
	}
	for name := range e.kinds {
		if !strings.HasPrefix(name, "eslua_") {
			t.Errorf("family %s", name)
		}
	}
}

func TestHealth(t *testing.T) {
	f := &fake{st: Status{Listen: "127.0.0.1:8084", Calls: Calls{Running: 3}}}
	s := startWatched(t, f)
	if code, _, text := s.fetch(t, "GET", "/health"); code != http.StatusOK || text != "takes calls on 127.0.0.1:8084; 3 are running\n" {
		t.Errorf("%d: %s", code, text)
	}
	f.mu.Lock()
	f.st.Draining = &Draining{Since: noon}
	f.mu.Unlock()
	if code, _, text := s.fetch(t, "GET", "/health"); code != http.StatusServiceUnavailable || text != "takes no new calls since 2026-03-01T12:00:00Z; 3 are left\n" {
		t.Errorf("%d: %s", code, text)
	}
}

// TestTheMetricsAddressIsReadOnly has no door to what the socket can do.
func TestTheMetricsAddressIsReadOnly(t *testing.T) {
	f := &fake{}
	s := startWatched(t, f)
	for _, path := range []string{"/status", "/scripts", "/scripts/pin", "/drain", "/reload", "/metrics", "/health"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			code, _, _ := s.fetch(t, method, path)
			if fine := code == http.StatusOK; fine != (method == "GET" && (path == "/metrics" || path == "/health")) {
				t.Errorf("%s %s: %d", method, path, code)
			}
		}
	}
	if f.told() != "" {
		t.Errorf("the host was told %q", f.told())
	}
}

func TestATakenMetricsAddressIsWaitedFor(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, filepath.Join(shortDir(t), "eslua.sock"), l.Addr().String(), &fake{})
	if line := s.log.next(t, "metrics cannot be opened"); !strings.Contains(line, l.Addr().String()) {
		t.Errorf("the log does not say which address: %s", line)
	}
	_ = l.Close()
	s.clk.WaitForTimers(1)
	s.clk.Advance(again)
	s.log.next(t, `"metrics is open"`)
	if code, _, _ := s.fetch(t, "GET", "/health"); code != http.StatusOK {
		t.Error(code)
	}
}
