package page

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/eslua/eslua/host/operate/config"
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
		chromedp.Flag("enable-precise-memory-info", true), chromedp.Flag("js-flags", "--expose-gc"))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	b := &browser{TB: t, ctx: ctx}
	b.do()
	return b
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

// TestScreens takes pictures of the page for a person's eyes, into $ESLUA_SCREENS.
func TestScreens(t *testing.T) {
	dir := os.Getenv("ESLUA_SCREENS")
	if dir == "" {
		t.Skip("ESLUA_SCREENS names no directory")
	}
	p := newPage(t, newFeed(), config.Page{}, 330)
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	b := openBrowser(t)
	for _, width := range []int64{360, 1024, 1440, 2560} {
		for _, scheme := range []string{"light", "dark"} {
			name := filepath.Join(dir, fmt.Sprintf("%d-%s", width, scheme))
			b.look(width, scheme)
			b.do(chromedp.Navigate(server.URL))
			b.until(`!!document.querySelector("body.live #timeline li")`)
			b.picture(name+".png", true)
			ask[int](b, `openLadder(7), 0`)
			b.until(`!!document.querySelector("#ladder li")`)
			b.picture(name+"-ladder.png", false)
			ask[int](b, `find("#ladder").close(), page.who = "alice", openVersions("queue"), 0`)
			b.until(`!!document.querySelector("#order .diff span")`)
			b.picture(name+"-order.png", false)
		}
	}
}
