package porting

import (
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/eslua/eslua/host/script/lint"
)

// surroundings notes what a call reaches outside of FreeSWITCH.
func (u use) surroundings(first, second string) {
	name := u.call.Name
	switch name {
	case "os.execute", "io.popen":
		u.report.need("api", "system")
		u.remark(Grant, "%s runs a program on FreeSWITCH's machine: the API command system needs a grant", name)
	case "os.getenv":
		if isKnown(first) {
			u.report.need("env", first)
			u.remark(Grant, "the environment variable %s needs a grant", first)
		}
	case "os.remove", "os.rename":
		u.path(first, true)
	case "io.lines", "io.input":
		u.path(first, false)
	case "io.output":
		u.path(first, true)
	case "dofile", "loadfile":
		if path.IsAbs(first) {
			u.remark(Differs, "%s runs %s, but only scripts of the script directory run: copy it there, and write its name below that directory", name, strings.ReplaceAll(first, lint.Unknown, "..."))
		}
	case "io.open":
		u.path(first, strings.ContainsAny(second, "wa+"+lint.Unknown))
	case "http.get", "http.post", "http.request", "http.async", "socket.http.request", "ssl.https.request":
		host := "HOST"
		if to, err := url.Parse(strings.ReplaceAll(first, lint.Unknown, stand)); err == nil && to.Hostname() != "" && !strings.Contains(to.Hostname(), stand) {
			host = to.Hostname()
		}
		u.report.need("hosts", host)
		u.remark(Grant, "%s asks %s: the host needs a grant", name, host)
	case "socket.connect", "socket.connect4", "socket.connect6", "tcp:connect", "udp:setpeername", "udp:sendto", "socket.dns.toip", "socket.dns.getaddrinfo":
		if name == "udp:sendto" {
			first = second
		}
		switch {
		case first == "*":
			return // setpeername: no peer any more
		case !isKnown(first) || first == "":
			first = "HOST"
		}
		u.report.need("hosts", first)
		u.remark(Grant, "%s connects to %s: the host needs a grant", name, first)
	case "udp:setsockname":
		if second != "0" {
			u.remark(Differs, "%s: a script gets no port of its own choice: write (\"*\", 0), or nothing; answers to what it sends come to it", name)
		}
	case "socket.bind", "tcp:bind", "tcp:listen", "tcp:accept":
		u.remark(Differs, "%s: a script cannot wait for connections; what connects finds FreeSWITCH, whose calls and events run scripts", name)
	case "lfs.chdir", "lfs.link", "lfs.lock", "lfs.unlock":
		u.remark(Differs, "%s raises an error: eslua doc %s says what to do", name, name)
	case "lfs.attributes", "lfs.symlinkattributes":
		u.path(first, false)
	case "lfs.dir":
		u.path(strings.TrimSuffix(first, "/")+"/", false)
	case "lfs.mkdir", "lfs.rmdir", "lfs.touch":
		u.path(first, true)
	case "lfs.lock_dir":
		u.path(first+"/lockfile.lfs", true)
	case "ESL.ESLconnection":
		if second == "" { // the call itself
			return
		}
		if !isKnown(first) {
			first = "HOST"
		}
		u.report.need("hosts", first)
		u.remark(Grant, "a connection to %s needs a grant", first)
	}
}

// path notes a file that a script opens, renames or removes. What of its name the text
// does not show may be the directory.
func (u use) path(file string, writes bool) {
	shown := strings.ReplaceAll(file, lint.Unknown, "...")
	isRelative := !path.IsAbs(file) && !strings.HasPrefix(file, lint.Unknown)
	switch {
	case isRelative && !writes: // a file of the script directory
		return
	case isRelative:
		u.remark(Differs, "%s changes %s, but files of the script directory are only read: write an absolute path, and grant its directory", u.call.Name, shown)
		return
	}
	list, what := "read", "reads"
	if writes {
		list, what = "write", "changes"
	}
	certain, _, computed := strings.Cut(file, lint.Unknown)
	directory := path.Dir(certain)
	if computed && strings.HasSuffix(certain, "/") {
		directory = path.Clean(certain)
	}
	if directory == "." || directory == "/" {
		directory = "/DIRECTORY" // "/" would grant everything
	}
	u.report.need(list, directory)
	if shown == "..." {
		shown = "a file"
	}
	u.remark(Grant, "%s", fmt.Sprintf("%s %s %s: its directory needs a grant (grants: %s:)", u.call.Name, what, shown, list))
}

// mail notes who gets a mail, and the file that goes with it.
func (u use) mail(to, file string) {
	for address := range strings.SplitSeq(to, ",") {
		address = strings.TrimSpace(address)
		if !isKnown(address) || !strings.Contains(address, "@") {
			address = "*@example.com"
		}
		u.report.need("mail", address)
		u.remark(Grant, "mail to %s needs a grant, and the setting mail: server:", address)
	}
	if file != "" {
		u.path(file, false)
	}
}
