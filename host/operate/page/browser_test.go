package page

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/testproc"
)

// A browser is a Chromium with one tab.
type browser struct {
	testing.TB
	ctx context.Context
}

// openBrowser starts the Chromium that $ESLUA_CHROMIUM names.
func openBrowser(t testing.TB) *browser {
	t.Helper()
	program := os.Getenv("ESLUA_CHROMIUM")
	if program == "" {
		t.Skip("ESLUA_CHROMIUM names no Chromium")
	}
	program, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("enable-precise-memory-info", true), chromedp.Flag("js-flags", "--expose-gc"))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	b := &browser{TB: t, ctx: ctx}
	b.do()
	return b
}

// tab opens another tab, as a browser of its own.
func (b *browser) tab(t testing.TB) *browser {
	ctx, stop := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(stop)
	return &browser{TB: t, ctx: ctx}
}

// do does actions.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

// ask returns what an expression is in the page.
func ask[T any](b *browser, expression string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits until an expression is true in the page.
func (b *browser) until(condition string) {
	b.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](condition)); err != nil {
		b.Fatalf("%s: %v", condition, err)
	}
}

// look has the page shown in a width and a colour scheme.
func (b *browser) look(width int64, scheme string) {
	b.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(width, max(900, width*9/16)))
}

// picture writes what the page looks like into a file.
func (b *browser) picture(file string, whole bool) {
	b.Helper()
	take := chromedp.CaptureScreenshot()
	if whole {
		take = chromedp.FullScreenshot(100)
	}
	picture, err := chromedp.Run(b.ctx, take)
	if err == nil {
		err = os.WriteFile(file, picture, 0o644)
	}
	if err != nil {
		b.Fatal(err)
	}
}

// A visit is a browser that has the feed's page open.
type visit struct {
	*browser
	*feed
	page     *Page
	server   *httptest.Server
	requests atomic.Int64
	bytes    atomic.Int64 // of the answers
}

func (b *browser) visit(t *testing.T, cfg config.Page, fragment func(*Page) string) *visit {
	t.Helper()
	v := &visit{feed: newFeed()}
	v.page = newPage(t, v.feed, cfg, 60)
	v.page.deps.Clock = clock.NewManual(noon) // the browser reads as fast as it can, whatever the feed's time
	v.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v.requests.Add(1)
		v.page.ServeHTTP(counted{w, &v.bytes}, r)
	}))
	t.Cleanup(v.server.Close)
	v.browser = b.tab(t)
	v.do(chromedp.Navigate(v.server.URL + "/" + fragment(v.page)))
	v.until(`document.body.classList.contains("live")`)
	return v
}

// counted counts the bytes of an answer.
type counted struct {
	http.ResponseWriter
	bytes *atomic.Int64
}

func (c counted) Write(b []byte) (int, error) {
	c.bytes.Add(int64(len(b)))
	return c.ResponseWriter.Write(b)
}

func (c counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func nothing(*Page) string { return "" }

// press presses keys where the focus is.
func (v *visit) press(keys string) { v.do(chromedp.KeyEvent(keys)) }

// TestThePageInABrowser shows the page in a Chromium.
func TestThePageInABrowser(t *testing.T) {
	b := openBrowser(t)
	for name, test := range map[string]func(*testing.T, *browser){
		"first picture": testTheFirstPicture, "keyboard": testByKeyboard, "orders": testOrdersInABrowser, "link": testATokenInTheLink,
		"connects again": testThePageConnectsAgain, "an hour": testAnHourOnTheScreen,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

// testTheFirstPicture: two small answers are all that it needs, and texts of callers and
// scripts are texts.
func testTheFirstPicture(t *testing.T, b *browser) {
	v := b.visit(t, config.Page{}, nothing)
	if n, size := v.requests.Load(), v.bytes.Load(); n != 2 || size > 48<<10 {
		t.Errorf("%d requests and %d bytes", n, size)
	}
	t.Logf("painted %.0f ms after the navigation began, with the first state %.0f ms after it; %d bytes",
		ask[float64](v.browser, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1`), ask[float64](v.browser, `page.heard`), v.bytes.Load())
	for expression, want := range map[string]string{
		`document.querySelectorAll("img, iframe, object, link[rel=stylesheet]").length + ""`:           "0",
		`document.querySelector("#calls .name").ownerDocument.title.includes("owned") + ""`:            "false",
		`[...document.querySelectorAll("#calls td")].some(e => e.textContent.includes("<img")) + ""`:   "true",
		`[...document.querySelectorAll("#failures p")].some(e => e.textContent.includes("<img")) + ""`: "true",
		`document.cookie + localStorage.getItem("token") + sessionStorage.getItem("token")`:            "nullnull",
	} {
		if got := ask[string](v.browser, expression); got != want {
			t.Errorf("%s: %s, want %s", expression, got, want)
		}
	}
}

// testByKeyboard: everything can be reached without a mouse.
func testByKeyboard(t *testing.T, b *browser) {
	v := b.visit(t, config.Page{}, nothing)
	v.press("\t")
	if got := ask[string](v.browser, `document.activeElement.textContent`); got != "Skip to the content" {
		t.Errorf("the first stop is %q", got)
	}
	v.press("/")
	v.until(`document.activeElement.matches("#calls input")`)
	v.press("\b") // chromedp types the character also where the page has handled the key
	v.press("voicemail")
	v.until(`document.querySelectorAll("#calls tbody tr").length === 1`)
	v.press("\t")
	v.press("\r")
	v.until(`!!document.querySelector("#ladder[open] li")`)
	if got := ask[string](v.browser, `document.querySelector("#ladder li:last-child .what").textContent`); !strings.Contains(got, hostile) {
		t.Errorf("the ladder ends with %q", got)
	}
	v.press("\u001b")
	v.until(`!document.querySelector("dialog[open]") && document.activeElement.textContent === "Ladder"`)
}

// testOrdersInABrowser: an order needs a token and a confirmation.
func testOrdersInABrowser(t *testing.T, b *browser) {
	v := b.visit(t, config.Page{}, nothing)
	ask[int](v.browser, `document.querySelector("#drain").click(), 0`)
	v.until(`document.querySelector("#signin").open`)
	v.press(v.page.Token("bert"))
	v.press("\r")
	v.until(`document.querySelector("#order").open && document.querySelector("#who").textContent === "bert"`)
	if v.told() != "" {
		t.Fatalf("told %q without a confirmation", v.told())
	}
	v.press("\u001b")
	v.until(`!document.querySelector("dialog[open]")`)
	ask[int](v.browser, `document.querySelector("#flows tr .serves").click(), 0`)
	v.until(`!!document.querySelector("#order .diff .plus")`)
	ask[int](v.browser, `[...document.querySelectorAll("#order button")].find(b => b.textContent === "Roll back").click(), 0`)
	v.until(`document.querySelector("#order .effect").textContent === "rollback done"`)
	if v.told() != "rollback callback " {
		t.Errorf("told %q", v.told())
	}
}

// testATokenInTheLink: eslua page's link signs in, and the token leaves the address.
func testATokenInTheLink(t *testing.T, b *browser) {
	v := b.visit(t, config.Page{Tokens: map[string]string{"anna": anna}}, func(*Page) string { return "#token=" + anna })
	v.until(`document.querySelector("#who").textContent === "anna"`)
	if at := ask[string](v.browser, `location.href`); at != v.server.URL+"/" {
		t.Errorf("the address is %s", at)
	}
}

// testThePageConnectsAgain: it says when its figures are old, and is up to date again by itself.
func testThePageConnectsAgain(t *testing.T, b *browser) {
	v := b.visit(t, config.Page{}, nothing)
	ask[int](v.browser, `window.seen = [], new MutationObserver(() => seen.push(document.body.className)).observe(document.body, {attributes: true}), 0`)
	v.server.CloseClientConnections()
	v.until(`seen.some(c => c.includes("stale")) && !document.body.classList.contains("stale")`)
}

// testAnHourOnTheScreen: at 500 calls a second the page takes as much memory after an hour
// as after five minutes.
func testAnHourOnTheScreen(t *testing.T, b *browser) {
	const together = 30 // seconds until the page must have caught up
	v := b.visit(t, config.Page{}, nothing)
	pass := func(minutes int) (heap, nodes float64) {
		for range minutes * 60 / together {
			for range together {
				v.tick()
				v.page.observe()
			}
			for ask[int64](v.browser, `page.state.now`) != v.clk.Now().UnixMilli() {
				runtime.Gosched()
			}
		}
		return ask[float64](v.browser, `gc(), gc(), performance.memory.usedJSHeapSize`), ask[float64](v.browser, `document.querySelectorAll("*").length`)
	}
	heap, nodes := pass(6)
	after, elements := pass(testproc.Size(54, 12, 2))
	t.Logf("%.0f bytes of JavaScript after six minutes, %.0f at the end; %.0f and %.0f elements", heap, after, nodes, elements)
	if after > heap+512<<10 || elements > nodes+50 { // a state is 30 KB, a row of a table ten elements
		t.Error("the page grows")
	}
}
