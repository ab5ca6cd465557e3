// Package porting tells what has to be looked at before a script of mod_lua's runs under
// eslua: what differs, what needs a grant or a database of the configuration, and which
// of FreeSWITCH's applications and commands it uses. What does not exist at all, package
// lint finds.
//
// It sees what the text shows. An argument that is put together while the script runs is
// judged by the parts that the text has.
package porting

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/lint"
)

// A Remark is a place that a port must look at.
type Remark struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Kind    string `json:"kind"` // Differs, Grant, Database or Dynamic
	Message string `json:"message"`
}

// The kinds of remarks.
const (
	Differs  = "differs"  // does something else than in mod_lua
	Grant    = "grant"    // needs a grant
	Database = "database" // needs an entry under databases:
	Dynamic  = "dynamic"  // what it does is known only when it runs
)

// A Report tells what scripts need.
type Report struct {
	Remarks      []Remark                   `json:"remarks"`
	Applications map[string]int             `json:"applications"` // how often each is used
	Commands     map[string]int             `json:"commands"`
	needs        map[string]map[string]bool // names by the list of grants: that they belong to
	databases    map[string]string          // data source names by name
	told         map[string]bool            // the functions of which a remark says how they differ
}

// NewReport returns an empty report.
func NewReport() *Report {
	return &Report{Remarks: []Remark{}, Applications: map[string]int{}, Commands: map[string]int{}, needs: map[string]map[string]bool{}, databases: map[string]string{}, told: map[string]bool{}}
}

// Add adds what one script needs.
func (r *Report) Add(file string, calls []lint.Call) {
	for _, c := range calls {
		remark := func(kind, format string, args ...any) {
			r.Remarks = append(r.Remarks, Remark{file, c.Line, kind, fmt.Sprintf(format, args...)})
		}
		if c.Differs != "" && !r.told[c.Name] {
			r.told[c.Name] = true
			remark(Differs, "%s differs from mod_lua's: %s", c.Name, c.Differs)
		}
		if err := r.use(c, remark); err != nil {
			r.refused(err, remark)
		}
	}
}

// use notes what a call uses, and returns why the default grants refuse it.
func (r *Report) use(c lint.Call, remark func(kind, format string, args ...any)) error {
	g := grant.Default()
	arg := func(i int) string {
		if i < len(c.Args) {
			return c.Args[i]
		}
		return ""
	}
	known := func(i int) string { return strings.ReplaceAll(arg(i), lint.Unknown, "1000") }
	switch c.Name {
	case "session:execute", "eslconnection:execute", "eslconnection:executeAsync":
		if strings.Contains(arg(0), lint.Unknown) {
			remark(Dynamic, "the application is known only when the script runs")
			return nil
		}
		r.Applications[arg(0)]++
		return g.CheckApp(arg(0), known(1))
	case "api:execute", "api:executeString", "eslconnection:api", "eslconnection:bgapi":
		line := arg(0)
		if c.Name != "api:executeString" && len(c.Args) > 1 {
			line += " " + arg(1)
		}
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.Contains(name, lint.Unknown) {
			remark(Dynamic, "the API command is known only when the script runs")
			return nil
		}
		r.Commands[name]++
		return g.CheckAPI(strings.ReplaceAll(line, lint.Unknown, "1000"))
	case "freeswitch.Session", "session:originate":
		if dial := known(dialAt(c.Name)); strings.Contains(dial, "/") { // not the UUID of a channel
			return g.CheckDial(dial)
		}
	case "session:setVariable":
		if !strings.Contains(arg(0), lint.Unknown) {
			return g.CheckVariable(arg(0), known(1))
		}
	case "freeswitch.Dbh":
		r.database(arg(0), remark)
	case "ivrmenu:bindAction":
		if app, data, _ := strings.Cut(arg(1), " "); strings.EqualFold(arg(0), "menu-exec-app") && !strings.Contains(app, lint.Unknown) && app != "" {
			r.Applications[app]++
			return g.CheckApp(app, strings.ReplaceAll(data, lint.Unknown, "1000"))
		}
	case "freeswitch.email":
		r.mail(arg(0), arg(4), remark)
	case "eslconnection:filter":
	default:
		r.surroundings(c.Name, arg(0), arg(1), remark)
	}
	return nil
}

// dialAt returns which argument the dial string is.
func dialAt(name string) int {
	if name == "session:originate" {
		return 1
	}
	return 0
}

// mail notes who gets a mail, and the file that goes with it.
func (r *Report) mail(to, file string, remark func(kind, format string, args ...any)) {
	for address := range strings.SplitSeq(to, ",") {
		address = strings.TrimSpace(address)
		if strings.Contains(address, lint.Unknown) || !strings.Contains(address, "@") {
			address = "*@example.com"
		}
		r.need("mail", address)
		remark(Grant, "mail to %s needs a grant, and the setting mail: server:", address)
	}
	if path.IsAbs(file) {
		directory, _, _ := strings.Cut(path.Dir(file), lint.Unknown)
		r.need("read", directory)
		remark(Grant, "a file goes with the mail: its directory needs a grant")
	}
}

// database notes a data source name. One with a password is not repeated.
func (r *Report) database(dsn string, remark func(kind, format string, args ...any)) {
	if strings.Contains(dsn, lint.Unknown) || dsn == "" {
		remark(Database, "the database is known only when the script runs; name it under databases: in the configuration")
		r.databases["NAME"] = "sqlite:///var/lib/eslua/NAME.db"
		return
	}
	name, where := databaseName(dsn)
	r.databases[name] = where
	remark(Database, "the database %s is reached by its name in the configuration; the script may keep its data source name", name)
	r.need("databases", name)
}

// databaseName returns a name for a data source name, and what to write as dsn.
func databaseName(dsn string) (name, where string) {
	scheme, rest, found := strings.Cut(dsn, "://")
	switch {
	case strings.EqualFold(scheme, "sqlite") || strings.HasPrefix(dsn, "/"):
		if !found {
			rest = dsn
		}
		name = strings.TrimSuffix(path.Base(rest), path.Ext(rest))
		if !path.IsAbs(rest) {
			rest = "/var/lib/eslua/" + path.Base(rest) + ".db"
		}
		return name, "sqlite://" + rest
	case !found || strings.EqualFold(scheme, "odbc"):
		name, _, _ = strings.Cut(cmp.Or(rest, dsn), ":")
		return name, "pgsql://host=HOST dbname=" + name + " user=USER password=PASSWORD"
	}
	for _, word := range strings.FieldsFunc(rest, func(c rune) bool { return c == ' ' || c == ';' }) {
		if key, value, ok := strings.Cut(word, "="); ok && (strings.EqualFold(key, "dbname") || strings.EqualFold(key, "database")) {
			name = value
		}
	}
	if u, err := url.Parse(dsn); name == "" && err == nil {
		name = strings.Trim(u.Path, "/")
	}
	return cmp.Or(name, "NAME"), withoutSecrets(dsn)
}

var (
	userWord     = regexp.MustCompile(`(?i)\b(user|uid)=[^ ;]*`)
	passwordWord = regexp.MustCompile(`(?i)\b(password|passwd|pwd)=('[^']*'|[^ ;]*)`)
	userInfo     = regexp.MustCompile(`://[^/@]*@`)
)

// withoutSecrets returns a data source name with words in place of user and password.
func withoutSecrets(dsn string) string {
	dsn = userWord.ReplaceAllString(dsn, "${1}=USER")
	dsn = passwordWord.ReplaceAllString(dsn, "${1}=PASSWORD")
	return userInfo.ReplaceAllString(dsn, "://USER:PASSWORD@")
}

// surroundings notes what a script reaches outside of FreeSWITCH.
func (r *Report) surroundings(name, first, second string, remark func(kind, format string, args ...any)) {
	unknown := strings.Contains(first, lint.Unknown)
	switch name {
	case "os.execute", "io.popen":
		r.need("api", "system")
		remark(Grant, "%s runs a program on FreeSWITCH's machine: the API command system needs a grant", name)
	case "os.getenv":
		if !unknown {
			r.need("env", first)
			remark(Grant, "the environment variable %s needs a grant", first)
		}
	case "io.open", "os.remove", "os.rename":
		list, what := "write", "changes"
		if name == "io.open" && !strings.ContainsAny(second, "wa+"+lint.Unknown) {
			list, what = "read", "reads"
		}
		if list == "read" && !path.IsAbs(first) {
			return // a file of the script directory
		}
		directory := path.Dir(first)
		if unknown && !path.IsAbs(strings.TrimSuffix(first, lint.Unknown)) {
			directory = "/DIRECTORY"
		}
		directory, _, _ = strings.Cut(directory, lint.Unknown)
		r.need(list, directory)
		remark(Grant, "%s %s a file: its directory needs a grant", name, what)
	case "http.get", "http.post", "http.request", "http.async", "socket.http.request", "ssl.https.request":
		host := "HOST"
		if u, err := url.Parse(strings.ReplaceAll(first, lint.Unknown, "x")); err == nil && u.Hostname() != "" && !strings.HasPrefix(first, lint.Unknown) {
			host = u.Hostname()
		}
		r.need("hosts", host)
		remark(Grant, "%s asks %s: the host needs a grant", name, host)
	case "ESL.ESLconnection":
		if second != "" {
			if unknown {
				first = "HOST"
			}
			r.need("hosts", first)
			remark(Grant, "a connection to %s needs a grant", first)
		}
	}
}

// refused notes a grant that is needed.
func (r *Report) refused(err error, remark func(kind, format string, args ...any)) {
	var refused *grant.RefusedError
	if !errors.As(err, &refused) {
		return
	}
	switch refused.Kind {
	case grant.APICommand:
		r.need("api", refused.Name)
	case grant.Application, grant.Use:
		r.need("apps", refused.Name)
	}
	remark(Grant, "%s", refused)
}

func (r *Report) need(list, name string) {
	if r.needs[list] == nil {
		r.needs[list] = map[string]bool{}
	}
	r.needs[list][name] = true
}

// YAML returns what to add to the configuration; "" if nothing is needed.
func (r *Report) YAML() string {
	var b strings.Builder
	if len(r.databases) > 0 {
		b.WriteString("databases:\n")
		for _, name := range slices.Sorted(maps.Keys(r.databases)) {
			fmt.Fprintf(&b, "  %s: {dsn: %q}\n", name, r.databases[name])
		}
	}
	if len(r.needs) > 0 {
		b.WriteString("grants:\n")
		for _, list := range slices.Sorted(maps.Keys(r.needs)) {
			var names []string
			for _, name := range slices.Sorted(maps.Keys(r.needs[list])) {
				names = append(names, fmt.Sprintf("%q", name))
			}
			all := "[" + strings.Join(names, ", ") + "]"
			if list == "api" || list == "apps" {
				all = "{allow: " + all + "}"
			}
			fmt.Fprintf(&b, "  %s: %s\n", list, all)
		}
	}
	return b.String()
}
