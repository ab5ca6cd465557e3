package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
)

//go:embed assets
var assets embed.FS

// A htmlDocument is the page as a browser gets it: one file.
type htmlDocument struct {
	plain, zipped []byte
	policy        string // which permits this style and this script, and connections to us
}

// part matches where a file of assets belongs into index.html.
var part = regexp.MustCompile(`<(style|script) src="([a-z]+\.(?:css|js))"></(?:style|script)>\n`)

// newDocument puts the files of assets together.
func newDocument() *htmlDocument {
	var style, script strings.Builder
	html := part.ReplaceAllStringFunc(read("index.html"), func(tag string) string {
		m := part.FindStringSubmatch(tag)
		if m[1] == "style" {
			style.WriteString(read(m[2]))
		} else {
			script.WriteString(read(m[2]))
		}
		return ""
	})
	html = strings.Replace(html, "</head>", "<style>"+style.String()+"</style>\n</head>", 1)
	html = strings.Replace(html, "</body>", "<script>"+script.String()+"</script>\n</body>", 1)
	d := &htmlDocument{plain: []byte(html)}
	d.policy = "default-src 'none'; script-src '" + hash(script.String()) + "'; style-src '" + hash(style.String()) +
		"'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(d.plain)
	_ = z.Close()
	d.zipped = zipped.Bytes()
	return d
}

func read(name string) string {
	text, _ := assets.ReadFile("assets/" + name) // it is in the program
	return string(text)
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// ServeHTTP sends the page.
func (d *htmlDocument) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Encoding")
	text := d.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		text = d.zipped
	}
	_, _ = w.Write(text)
}
