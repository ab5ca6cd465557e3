package database

import (
	"regexp"
	"slices"
	"strings"
)

// isPlain reports whether a text does no more than read and write rows, so that the
// connection is afterwards as it was, and another script may get it. What a function does that
// is not known here nobody can tell: there are several that run a text which is put together
// when they are called, such as query_to_xml('select set' || '_config(...)', ...).
func isPlain(text string) bool {
	text = strings.ToLower(strings.TrimRight(strings.TrimSpace(text), "; \t\r\n"))
	if !slices.Contains(plainWords, text[:wordEnd(text)]) || lasting.MatchString(text) {
		return false
	}
	targets := 1
	for i := range len(text) {
		switch {
		case text[i] != '(' || mayPrecede(text[:i]):
		case targets > 0 && target.MatchString(text[max(0, i-mostName):i]):
			targets--
		default:
			return false
		}
	}
	return true
}

var (
	plainWords = []string{"select", "insert", "update", "delete", "replace", "with", "values"}
	// lasting matches signs of what leaves something behind: another command, a variable, a
	// temporary table, a file; and what could hide a name.
	lasting = regexp.MustCompile(`[;@#]|--|/\*|u&|(^|[^a-z])temp|outfile|dumpfile`)
	// target matches the end of insert into a.b, whose columns follow.
	target = regexp.MustCompile(`\binto\s+(["` + "`" + `]?[\w$]+["` + "`" + `]?\.)*["` + "`" + `]?[\w$]+["` + "`" + `]?\s*$`)
)

// mostName bounds what precedes the columns of a table.
const mostName = 300

// mayPrecede reports whether a bracket may follow: it calls no function, or a known one.
func mayPrecede(text string) bool {
	text = strings.TrimRight(text, " \t\n\v\f\r")
	if text == "" {
		return true
	}
	at := len(text)
	for at > 0 && isWord(text[at-1]) {
		at--
	}
	if at == len(text) {
		return strings.IndexByte("(,=<>+-*/%|!~^?:", text[at-1]) >= 0
	}
	if at > 0 && text[at-1] == '.' {
		return false // of a schema, which anybody may have made
	}
	name := text[at:]
	return innocent[name] || slices.ContainsFunc(innocentPrefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 0x80
}

func wordEnd(text string) (end int) {
	for end < len(text) && isWord(text[end]) {
		end++
	}
	return end
}

// innocent has the words of SQL that may precede a bracket, and the functions and types of
// PostgreSQL, MySQL and SQLite that change nothing but what they return.
var innocent = setOf(`
	all and any array as between by case collate conflict default distinct do else end escape except exists filter from group having ilike in
	index intersect interval into is join key lateral like limit materialized not nowait of offset on only or over partition recursive
	returning row rows select set some then union update using values when where window within

	abs age any_value ascii avg bit_and bit_length bit_or bool_and bool_or btrim cast ceil ceiling changes char char_length character_length
	chr coalesce concat concat_ws convert count curdate currval current_date current_time current_timestamp curtime datediff day dayname
	dayofmonth dayofweek dayofyear dense_rank every exp extract field find_in_set first_value floor format found_rows from_unixtime
	gen_random_uuid generate_series glob greatest group_concat hex hour if ifnull iif inet_aton inet_ntoa initcap insert instr isnull
	julianday lag last_insert_id last_insert_rowid last_value lastval lcase lead least left length ln localtime localtimestamp locate log
	log10 log2 lower lpad ltrim make_date make_interval make_timestamp max md5 microsecond mid min minute mod month monthname nextval now
	nth_value ntile nullif octet_length ord overlay percent_rank percentile_cont percentile_disc pi position pow power printf quarter
	quote quote_ident quote_literal quote_nullable radians rand random rank regexp regexp_like regexp_match regexp_matches regexp_replace
	regexp_split_to_array regexp_substr repeat replace reverse right round row_count row_number row_to_json rpad rtrim second sha1 sha2
	sign split_part sqrt stddev stddev_pop stddev_samp str_to_date strftime string_agg strpos subdate substr substring substring_index sum
	sysdate time timediff timestampadd timestampdiff to_char to_date to_hex to_json to_jsonb to_number to_timestamp total total_changes
	translate trim trunc truncate typeof ucase unhex unicode unix_timestamp unixepoch unnest upper utc_date utc_time utc_timestamp uuid var_pop
	var_samp variance week weekday width_bucket year

	bigint binary bit bytea character decimal double float float4 float8 int int2 int4 int8 integer numeric real signed smallint text
	timestamp timestamptz timetz tinyint unsigned varbinary varchar varying`)

var innocentPrefixes = []string{"json_", "jsonb_", "date", "adddate", "array_"}

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
