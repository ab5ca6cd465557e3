package page

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/eslua/eslua/host/operate/config"
)

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
