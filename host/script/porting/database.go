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

// luaSQL notes what a driver of LuaSQL connects to: a file, words as PostgreSQL has them,
// or the name of a database and its server.
func (u use) luaSQL(source, host, port string) {
	unknown := source == "" || !isKnown(source)
	if unknown && (u.driver == "postgres" || u.driver == "mysql") {
		source = "NAME"
	}
	switch {
	case source == "" || !isKnown(source):
		u.database("")
	case u.driver == "sqlite3":
		u.database("sqlite://" + source)
	case u.driver == "postgres" && strings.Contains(source, "="):
		u.database("pgsql://" + source)
	case u.driver == "postgres":
		u.server(source, "pgsql://", "host=", cmp.Or(host, "HOST"), " port=", port, " dbname=", source, " user=USER password=PASSWORD")
	case u.driver == "mysql":
		u.server(source, "mariadb://", "Server=", cmp.Or(host, "HOST"), ";Port=", port, ";Database=", source, ";Uid=USER;Pwd=PASSWORD")
	default:
		u.database(source)
	}
}

// server notes a database of a server. Of its parts, each a word and its value, those
// that are empty are left out.
func (u use) server(name, scheme string, parts ...string) {
	dsn := scheme
	for i := 0; i+1 < len(parts); i += 2 {
		switch value := parts[i+1]; {
		case !isKnown(value):
			dsn += parts[i] + strings.ToUpper(strings.Trim(parts[i], " ;="))
		case value != "":
			dsn += parts[i] + value
		}
	}
	u.report.databases[name] = dsn + parts[len(parts)-1]
	u.report.need("databases", name)
	u.remark(Database, "the database %s is reached by its name in the configuration; the script may keep what it says", name)
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
