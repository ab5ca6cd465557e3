package page

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/operate/config"
)

// A watcher reads the stream of a server.
type watcher struct {
	testing.TB
	answer *http.Response
	lines  *bufio.Scanner
}

func watch(t testing.TB, url string) *watcher {
	t.Helper()
	return watchWith(t, url, "")
}

func watchWith(t testing.TB, url, token string) *watcher {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/page/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(header, "1")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	w, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Body.Close() })
	lines := bufio.NewScanner(w.Body)
	lines.Buffer(nil, 1<<20)
	return &watcher{t, w, lines}
}

// next returns the next state.
func (w *watcher) next() (s State) {
	w.Helper()
	for w.lines.Scan() {
		if text, ok := strings.CutPrefix(w.lines.Text(), "data: "); ok {
			if err := json.Unmarshal([]byte(text), &s); err != nil {
				w.Fatal(err)
			}
			return s
		}
	}
	w.Fatal("the stream has ended: ", w.lines.Err())
	return s
}

func TestStatesArriveOnceASecond(t *testing.T) {
	f := newFeed()
	p := newPage(t, f, config.Page{}, 3)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	w := watch(t, server.URL)
	if s := w.next(); s.Load.Running == 0 || len(s.Series.Started) != 3 || s.Host != "tel-ber-1" {
		t.Errorf("the first state: %+v", s.Load)
	}
	for i := range 3 {
		f.tick()
		p.observe()
		if s := w.next(); len(s.Series.Started) != 4+i || s.Now != f.clk.Now().UnixMilli() {
			t.Errorf("the next state is of %d and has %d points", s.Now, len(s.Series.Started))
		}
	}
}

// TestAStateIsComposedOnceForAll: who connects gets the state that is there.
func TestAStateIsComposedOnceForAll(t *testing.T) {
	f := newFeed()
	p := newPage(t, f, config.Page{}, 1)
	first, _ := p.latest()
	second, _ := p.latest()
	if &first.text[0] != &second.text[0] {
		t.Error("each has a state of its own")
	}
}

func TestPagesAreBounded(t *testing.T) {
	p := newPage(t, newFeed(), config.Page{}, 1)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	var open []*watcher
	for range maxSeats {
		w := watch(t, server.URL)
		w.next()
		open = append(open, w)
	}
	if w := watch(t, server.URL); w.answer.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one page too many: %d", w.answer.StatusCode)
	}
	operator := watchWith(t, server.URL, p.Token("ada"))
	operator.next()
	for open[0].lines.Scan() { // its place was given to who has a token
	}
	_ = open[3].answer.Body.Close()
	for watch(t, server.URL).answer.StatusCode != http.StatusOK { // the server learns of it soon
		runtime.Gosched()
	}
}

// TestAStateIsBounded: whatever there is, a state has at most so many bytes.
func TestAStateIsBounded(t *testing.T) {
	f := newFeed()
	long := strings.Repeat("\u0000\xff<&", 10000)
	for i := range 5000 {
		flow := f.st.Flows[0]
		flow.Flow = long[:i] + "x"
		f.st.Flows = append(f.st.Flows, flow)
		f.st.Nodes = append(f.st.Nodes, f.st.Nodes[0])
		f.st.Nodes[i].LastError = long
		f.st.Scripts.Problems = append(f.st.Scripts.Problems, f.st.Scripts.Problems[0])
		f.st.Scripts.Problems[i].Message = long
		f.st.Rollout.Overrides = append(f.st.Rollout.Overrides, f.st.Rollout.Overrides[0])
	}
	p := newPage(t, f, config.Page{}, 2)
	state, _ := p.latest()
	if len(state.text) > 512<<10 {
		t.Errorf("a state has %d bytes", len(state.text))
	}
}
