package database

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// confine takes from the connection what a script's commands could do besides reading
// and changing this file's tables.
func (c *sqliteConn) confine(size int64) error {
	for option, on := range map[int32]int32{
		sqlite3.SQLITE_DBCONFIG_DEFENSIVE:             1,
		sqlite3.SQLITE_DBCONFIG_TRUSTED_SCHEMA:        0,
		sqlite3.SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION: 0,
	} {
		args := libc.NewVaList(on, uintptr(0))
		sqlite3.Xsqlite3_db_config(c.tls, c.db, option, args)
		libc.Xfree(c.tls, args)
	}
	for limit, most := range map[int32]int32{
		sqlite3.SQLITE_LIMIT_ATTACHED:            0,
		sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 256,
		sqlite3.SQLITE_LIMIT_WORKER_THREADS:      0,
	} {
		sqlite3.Xsqlite3_limit(c.tls, c.db, limit, most)
	}
	sqlite3.Xsqlite3_progress_handler(c.tls, c.db, sqliteSteps, goCallback(sqliteProgress), c.db)
	sqlite3.Xsqlite3_busy_handler(c.tls, c.db, goCallback(sqliteBusy), c.db)
	// What a sort and temporary tables need counts as memory, and fills no disk.
	if _, err := c.pragma("temp_store = memory"); err != nil {
		return err
	}
	if size > 0 {
		if err := c.limitSize(size); err != nil {
			return err
		}
	}
	if code := sqlite3.Xsqlite3_set_authorizer(c.tls, c.db, goCallback(sqliteAuthorize), c.db); code != sqlite3.SQLITE_OK {
		return c.failed()
	}
	return nil
}

func (c *sqliteConn) limitSize(size int64) error {
	page, err := c.pragma("page_size")
	if err == nil {
		_, err = c.pragma(fmt.Sprintf("max_page_count = %d", min(max(size/max(page, 512), 1), math.MaxInt32)))
	}
	return err
}

// pragma returns the number that a pragma gives, 0 if it gives none.
func (c *sqliteConn) pragma(text string) (n int64, err error) {
	r, err := c.run(c.ctx, "pragma "+text, nil, true, nil)
	for row := (*Row)(nil); err == nil; {
		if row, err = r.next(c.ctx); row == nil {
			break
		}
		n, err = strconv.ParseInt(string(row.Values[0].Text), 10, 64)
	}
	return n, err
}

// sqlitePragmas lists those that scripts may use. SQLite overlooks the others, as it
// does unknown ones.
var sqlitePragmas = []string{
	"application_id", "case_sensitive_like", "collation_list", "compile_options", "encoding",
	"foreign_key_check", "foreign_key_list", "foreign_keys", "freelist_count", "function_list",
	"index_info", "index_list", "index_xinfo", "integrity_check", "journal_mode", "page_count",
	"page_size", "query_only", "quick_check", "recursive_triggers", "table_info", "table_list",
	"table_xinfo", "user_version",
}

// sqliteAuthorize permits or denies what a command would do.
func sqliteAuthorize(_ *libc.TLS, _ uintptr, action int32, first, second, _, _ uintptr) int32 {
	switch action {
	case sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_CREATE_VTABLE, sqlite3.SQLITE_DROP_VTABLE:
		return sqlite3.SQLITE_DENY
	case sqlite3.SQLITE_PRAGMA:
		if name := strings.ToLower(libc.GoString(first)); !slices.Contains(sqlitePragmas, name) || name == "journal_mode" && second != 0 {
			return sqlite3.SQLITE_IGNORE
		}
	}
	return sqlite3.SQLITE_OK
}
