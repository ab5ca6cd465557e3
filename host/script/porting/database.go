package porting

import (
	"cmp"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/eslua/eslua/host/script/lint"
)

// database notes a data source name. One with a password is not repeated.
func (u use) database(dsn string) {
	if dsn == "" || strings.HasPrefix(dsn, lint.Unknown) {
		u.report.databases["NAME"] = "sqlite:///var/lib/eslua/NAME.db"
		u.report.need("databases", "NAME")
		u.remark(Database, "the database is known only when the script runs; name it under databases: in the configuration")
		return
	}
	name, where := databaseName(strings.ReplaceAll(dsn, lint.Unknown, "NAME"))
	u.report.databases[name] = where
	u.report.need("databases", name)
	u.remark(Database, "the database %s is reached by its name in the configuration; the script may keep its data source name", name)
}

// luaSQL notes what LuaSQL connects to: a file, words as PostgreSQL has them, or the name
// of a database and its server.
func (u use) luaSQL(source, host, port string) {
	switch {
	case source == "" || !isKnown(source):
		u.database("")
	case strings.Contains(source, "="):
		u.database("pgsql://" + source)
	case path.IsAbs(source) || strings.Contains(path.Base(source), "."):
		u.database("sqlite://" + source)
	case host != "" && isKnown(host+port):
		words := "pgsql://host=" + host + " dbname=" + source
		if port != "" {
			words += " port=" + port
		}
		u.database(words + " user=USER password=PASSWORD")
	default:
		u.database(source)
	}
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
			rest = "/var/lib/eslua/" + name + ".db"
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
	if u, err := url.Parse(withoutSecrets(dsn)); name == "" && err == nil {
		name = strings.Trim(u.Path, "/")
	}
	return cmp.Or(name, "NAME"), withoutSecrets(dsn)
}

var (
	userWord     = regexp.MustCompile(`(?i)\b(user|uid)\s*=\s*('(\\.|[^'\\])*'|[^\s;]*)`)
	passwordWord = regexp.MustCompile(`(?i)\b(password|passwd|pwd)\s*=\s*('(\\.|[^'\\])*'|[^\s;]*)`)
	userInfo     = regexp.MustCompile(`://\S*@`)
)

// withoutSecrets returns a data source name with words in place of user and password.
func withoutSecrets(dsn string) string {
	dsn = userWord.ReplaceAllString(dsn, "${1}=USER")
	dsn = passwordWord.ReplaceAllString(dsn, "${1}=PASSWORD")
	return userInfo.ReplaceAllString(dsn, "://USER:PASSWORD@")
}
