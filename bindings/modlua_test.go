package bindings_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	host "github.com/eslua/eslua/host/run"
)

// Each line of testdata/modlua/*.txt holds a piece of Lua that returns a value, and
// the text of that value under the mod_lua of a FreeSWITCH 1.11, with Lua 5.3.
// To record them again: ESLUA_LIVE=... go test ./bindings -run TestLiveModLua -update
const modLuaFiles = "testdata/modlua"

// show writes a value with everything that can differ: types, all bytes, all digits.
const show = `local function show(v, deep)
  if type(v) == "table" then
    local keys = {}
    for k in pairs(v) do keys[#keys + 1] = show(k) .. "=" .. show(v[k]) end
    table.sort(keys)
    return "{" .. table.concat(keys, ",") .. "}"
  elseif type(v) == "string" then
    return "'" .. v:gsub("[^ -~]", function(c) return ("\\%03d"):format(c:byte()) end) .. "'"
  elseif type(v) == "number" then return ("%.17g"):format(v)
  end
  return tostring(v)
end `

// eachRecorded calls see with every recorded piece of Lua, its answer and its place.
func eachRecorded(t *testing.T, see func(place, code, answer string)) {
	t.Helper()
	files, err := filepath.Glob(modLuaFiles + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(text)) {
			n++
			code, answer, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			see(fmt.Sprintf("%s:%d", filepath.Base(name), n), code, answer)
		}
	}
}

func TestModLua(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, ``).withDatabases("")
		eachRecorded(t, func(place, code, want string) {
			o := h.execute(show+`local dsn = "cdr" `+"local function f() "+code+" end r = show((f()))", host.NoSwitch{}, "")
			if o.err != nil || o.text("r") != want {
				t.Errorf("%s: %s\n is %s, %v\nmod_lua says %s", place, code, o.text("r"), o.err, want)
			}
		})
	})
}

// TestLiveModLua asks a real mod_lua again.
func TestLiveModLua(t *testing.T) {
	live := livetest.Dial(t, 5*time.Minute)
	oneLine := strings.ReplaceAll(show, "\n", " ")
	ask := func(code string) string {
		return live.API("lua ~" + oneLine + modLuaDSN + "local function f() " + code + " end stream:write(show((f())))")
	}
	if *update {
		record(t, "json_decode.txt", ask, decodeTexts())
		record(t, "json_encode.txt", ask, encodeTables())
		record(t, "event_json.txt", ask, events())
		record(t, "dbh.txt", ask, dbhPieces())
	}
	eachRecorded(t, func(place, code, want string) {
		if got := ask(code); got != want {
			t.Errorf("%s: %s\n is now %s, it was %s", place, code, got, want)
		}
	})
}

func record(t *testing.T, name string, ask func(string) string, pieces []string) {
	t.Helper()
	var out bytes.Buffer
	for _, code := range pieces {
		fmt.Fprintf(&out, "%s\t%s\n", code, ask(code))
	}
	if err := os.WriteFile(filepath.Join(modLuaFiles, name), out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// luaString writes s as Lua.
func luaString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03d", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + `"`
}

// pick returns one of the texts.
func pick(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }

// randomText returns a text of hostile pieces, and what stands for it inside the
// quotes of a JSON string.
func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteString(pick(r, "a", "Grüße", "世", "\xff", "\xc3", "\x01", "\x1f", "\x7f", "\n", "\r", "\t", "\b", "\f", "<a&b>", "/", "'", `"`, `\`, "\u2028", "%s", " ", "\x80\xfe"))
	}
	return b.String()
}

func randomJSON(r *rand.Rand, depth int) string {
	blank := func() string { return pick(r, "", "", "", " ", "\n", "\t", "\x01", "\x1f ") }
	switch n := r.IntN(10); {
	case n < 3 && depth > 0:
		var parts []string
		for range r.IntN(4) {
			parts = append(parts, blank()+randomJSON(r, depth-1)+blank())
		}
		return "[" + strings.Join(parts, ",") + "]"
	case n < 6 && depth > 0:
		var parts []string
		for range r.IntN(4) {
			parts = append(parts, blank()+randomJSONString(r)+blank()+":"+blank()+randomJSON(r, depth-1)+blank())
		}
		return "{" + strings.Join(parts, ",") + "}"
	case n < 8:
		return randomJSONString(r)
	case n < 9:
		return pick(r, "0", "-0", "1", "-1", "0049", "1.", "-.5", ".5", "1.5e3", "1E-2", "1e400", "-1e400", "1e-400", "1e", "1e+", "12e5.5", "+1", "--1", "-", "0x10", "9007199254740993",
			"123456789012345678901234567890", "0.1", "1.7976931348623157e308", "5e-324", strings.Repeat("1", 70), "1"+strings.Repeat("0", 61)+".5", "3.141592653589793238462643383279502884197169399375105820974944592307816406286",
			strconv.FormatFloat(r.NormFloat64()*math.Pow(10, float64(r.IntN(40)-20)), 'g', -1, 64))
	}
	return pick(r, "true", "false", "null", "True", "nul", "truex", "NaN", "undefined")
}

func randomJSONString(r *rand.Rand) string {
	var b strings.Builder
	for range r.IntN(4) {
		b.WriteString(pick(r, "a", "key", "é", "\xff", "\x01", "\n", "\x7f", " ", "/", `\n`, `\b`, `\f`, `\r`, `\t`, `\/`, `\\`, `\"`, `\u0041`, `\u00e9`, `\u20AC`, `\ud83d\ude00`, `\ud83d`, `\ude00`,
			`\u0000z`, `\u00g0`, `\u1`, `\u12\\`, `\x`, `\'`, `\a`, `\U0041`))
	}
	return `"` + b.String() + `"`
}

// decodeTexts returns texts for json:decode. They are not nested deep, because
// mod_lua does not check Lua's stack.
func decodeTexts() []string {
	texts := []string{"", " ", "5", `"x"`, "true", "null", "{}", "[]", "{", "[", "[1", "[1,]", "[,1]", "{,}", `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, "{'a':1}", "[1 2]", `{"a":1 "b":2}`,
		"\xEF\xBB\xBF[1]", "\xEF\xBB\xBF5", "\xEF\xBB\xBF", "\xEF\xBB\xBF\xEF\xBB\xBF[1]", " \xEF\xBB\xBF[1]", "[1] trailing", "[1]]", `{"a":1}{"b":2}`, `{"a":1,"a":2}`, `{"a":1,"a":null}`, `{"":1}`,
		"[1]\x00[2]", "[1,\x002]", `{"a":"x` + "\x00" + `"}`, `["tab	in it"]`, "[\"line\nfeed\"]", "[0049]", "[1.]", "[-.5]", "[1e999]", "[-1e999]", "[\"\\u0000x\"]", "[\"\\ud83d\\ude00\"]", "[[1],[2]]",
		"[[1],{\"a\":[[2],3]}]", "[null,1,null,2]", `{"a":null,"b":[null]}`, "[nullx]", "[truefalse]", "//x\n[1]", "[1/*x*/]", "\x01\x02[1]", "{\"1\":\"one\",\"2\":2}", "tru", "nul", "-", "+1", ".5", "01", "1x"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		text := randomJSON(r, 4)
		switch r.IntN(6) {
		case 0: // cut
			text = text[:r.IntN(len(text)+1)]
		case 1: // one byte more
			at := r.IntN(len(text) + 1)
			text = text[:at] + pick(r, ",", "]", "}", `"`, `\`, " ", "1", ":", "\x00", "x") + text[at:]
		}
		texts = append(texts, text)
	}
	for i, text := range texts {
		texts[i] = "return freeswitch.JSON():decode(" + luaString(text) + ")"
	}
	return texts
}

// randomTable returns a table in Lua in which the order of the keys is certain.
func randomTable(r *rand.Rand, depth int) string {
	value := func() string {
		switch n := r.IntN(6); {
		case n == 0 && depth > 0:
			return randomTable(r, depth-1)
		case n == 1:
			return pick(r, "true", "false", "print")
		case n < 4:
			return luaString(randomText(r))
		}
		return randomNumber(r)
	}
	if r.IntN(2) == 0 {
		return "{[" + pick(r, luaString(randomText(r)), `"1"`, "2", "1.5", "-3", "1e300", "true", `"a"`) + "]=" + value() + "}"
	}
	var parts []string
	for range r.IntN(4) {
		parts = append(parts, value())
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// randomNumber leaves out -0 and the integers that AppendNumber writes in full
// though mod_lua does not.
func randomNumber(r *rand.Rand) string {
	f := 0.1 + math.Abs(r.NormFloat64())*math.Pow(10, float64(r.IntN(44)-30))
	switch r.IntN(4) {
	case 0:
		return pick(r, "0", "1", "-1", "0.1", "1/3", "100", "123456789", "99999999999999.0", "999999999999999.0", "9007199254740991.0", "9007199254740992.0", "9007199254740993.0", "-9007199254740992.0", "1e16", "1e17", "1e21", "1e22",
			"1e100", "5e-324", "2.2250738585072014e-308", "1.7976931348623157e308", "0/0", "1/0", "-1/0", "0.1+0.2", "1e-5", "1e-4", "123456.789e-9", "4503599627370497.5")
	case 1:
		return strconv.Itoa(r.IntN(2_000_000_000) - 1_000_000_000)
	case 2:
		return strconv.FormatFloat(f, 'f', r.IntN(4), 64)
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

func encodeTables() []string {
	r := rand.New(rand.NewPCG(3, 4))
	var out []string
	for i := range 300 {
		more := ""
		if i%3 == 0 {
			more = "j:encode_empty_table_as_object(false) "
		}
		out = append(out, fmt.Sprintf("local j = freeswitch.JSON() j:return_unformatted_json(%v) %sreturn j:encode(%s)", i%2 == 0, more, randomTable(r, 2)))
	}
	return out
}

// own leaves out of an event's JSON what differs from FreeSWITCH to FreeSWITCH.
const own = `:gsub('"Core%-UUID".-"Event%-Sequence":"%d+",?', "")`

func events() []string {
	r := rand.New(rand.NewPCG(5, 6))
	var out []string
	for range 100 {
		code := `local e = freeswitch.Event("CUSTOM", "a::b") `
		for range r.IntN(4) {
			code += fmt.Sprintf("e:addHeader(%s, %s) ", pick(r, `"X-A"`, `"X-B"`, `"x-a"`, `"l[0]"`, `"l[1]"`, luaString("n"+randomText(r))), pick(r, luaString(randomText(r)), luaString("ARRAY::"+randomText(r)+"|:"+randomText(r))))
		}
		if r.IntN(2) == 0 {
			code += "e:addBody(" + luaString(randomText(r)) + ") "
		}
		out = append(out, code+`return (e:serialize("json")`+own+")")
	}
	for range 60 {
		var parts []string
		for range r.IntN(4) {
			parts = append(parts, pick(r, randomJSONString(r), `"A"`, `"Event-Name"`, `"_body"`, `"_BODY"`)+":"+pick(r, randomJSONString(r), `"CUSTOM"`, `"message"`, `"none"`, "5", "null", `["a","b"]`, `["a",5,["b"]]`, `{"b":"c"}`))
		}
		text := "{" + strings.Join(parts, ",") + "}"
		// Of a text that is no JSON mod_lua makes an event that points anywhere.
		out = append(out, fmt.Sprintf(`local t = %s if not freeswitch.JSON():decode(t) then return "no JSON" end local e = freeswitch.Event("json", t) return e:getType() .. e:serialize("json")`, luaString(text)))
	}
	return out
}
