package bindings_test

// modLuaDSN names the database in which a real mod_lua has the table of dbhPieces.
const modLuaDSN = `local dsn = "sqlite:///tmp/eslua-modlua.db" `

// dbhPieces use freeswitch.Dbh on a file of SQLite's.
func dbhPieces() []string {
	const fill = `local d = freeswitch.Dbh(dsn) d:query("drop table if exists t") d:query("create table t(a int, b text, c real)") ` +
		`d:query("insert into t values (1, 'Ada', 0.5), (2, null, 1000000), (3, 'x', null)") `
	var out []string
	for _, piece := range []string{
		`return {d:connected(), d:affected_rows(), type(d:last_error())}`,
		`return {d:release(), d:connected(), d:release(), d:query("select 1"), d:affected_rows(), type(d:last_error())}`,
		`local rows = {} d:query("select * from t order by a", function(row) rows[#rows + 1] = row end) return rows`,
		`return {d:query_rows("select * from t order by a")}`,
		`local rows = {} d:query("select 1 as a, 2 as b, '' as c, null as d, x'414243' as e, 1.0 as f, 1e20 as g, 9007199254740993 as h, 'x' || char(0) || 'y' as i, -0.0 as j, count(*) from t", function(row) rows[1] = row end) return rows`,
		`local rows = {} d:query("select 1 as A, 2 as a, 3 as a", function(row) rows[1] = row end) return rows`,
		`local rows = {} d:query("select 1 as a; select 2 as b", function(row) rows[#rows + 1] = row end) return rows`,
		`local n = 0 local ok = d:query("select * from t", function() n = n + 1 return 1 end) return {ok, n, type(d:last_error())}`,
		`local n = 0 local ok = d:query("select * from t", function() n = n + 1 return -1 end) return {ok, n}`,
		`local n = 0 local ok = d:query("select * from t", function() n = n + 1 return "1" end) return {ok, n}`,
		`local n = 0 local ok = d:query("select * from t", function() n = n + 1 return "stop" end) return {ok, n}`,
		`local n = 0 local ok = d:query("select * from t", function() n = n + 1 return 0.5 end) return {ok, n}`,
		`local n = 0 local ok = d:query("select * from t", function() n = n + 1 return true end) return {ok, n}`,
		`local n = 0 local ok = d:query("select * from t", function() n = n + 1 error("x") end) return {ok, n}`,
		`local ok = d:query("nonsense") local why = d:last_error() d:clear_error() return {ok, why, type(d:last_error())}`,
		`local ok = d:query("select nothing from t") local why = d:last_error() return {ok, why, d:query("select 1"), type(d:last_error())}`,
		`return {d:query("nonsense", function() end), type(d:last_error())}`,
		`return {d:query_rows("nonsense")}`,
		`return {d:query(""), type(d:last_error())}`,
		`return {d:query_rows("")}`,
		`return {d:query("update t set b = 'z'"), d:affected_rows(), d:query("update t set b = 'z' where a = 99"), d:affected_rows(), d:query("select 1"), d:affected_rows()}`,
		`return {d:query("insert into t values (4, 'm', 1); delete from t where a >= 3"), d:affected_rows()}`,
		`return {d:test_reactive("select count(*) from t", "drop table t", "create table t(z)"), d:query("select a from t")}`,
		`d:query("drop table t") return {d:test_reactive("select count(*) from t", "drop table t", "create table t(z)"), d:query("select z from t"), d:query("select a from t")}`,
		`return {d:test_reactive("select z from t", "drop table t", "create table t(z)"), d:query("select z from t")}`,
		`return {d:test_reactive("select z from t", "drop table t", "nonsense"), type(d:last_error())}`,
		`return {d:test_reactive("select a from t"), d:test_reactive("select z from t", "drop table t")}`,
	} {
		out = append(out, fill+piece)
	}
	return out
}
