package bindings_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	host "github.com/eslua/eslua/host/run"
)

// TestLenientJSON reads what services answer that have no JSON library.
func TestLenientJSON(t *testing.T) {
	const dial = `dial.type=gateway dial.number=123 dial.gateway=gw`
	bodies := map[string][2]string{ // what is read, and where the mistake is
		`{"dial":{"type":"gateway","number":"123","gateway":"gw"}}`:                                    {dial, "nil"},
		"\ufeff" + `{"dial":{"type":"gateway","number":"123","gateway":"gw"}}`:                         {dial, "line 1, column 1"},
		"{\n“dial”: {\n “type”: “gateway”,\n “number”: “123”,\n “gateway”: “gw”\n}\n}":                 {dial, "line 2, column 1"},
		`{'dial':{'type':'gateway','number':'123','gateway':'gw'}}`:                                    {dial, `line 1, column 2, at "'dial':{'type':'gateway','number':'123',"`},
		`{‘dial’：{‘type’：‘gateway’，‘number’：‘123’，‘gateway’：‘gw’}}`:                                    {dial, "line 1, column 2"},
		`{dial:{type:"gateway",number:"123",gateway:"gw"}}`:                                            {dial, "a name has no quotes"},
		"{\"dial\":{\"type\":\"gateway\",\"number\":\"123\",\"gateway\":\"gw\",\n},}":                  {dial, "line 2, column 1"},
		"// the route\n{\"dial\":{\"type\":\"gateway\",/* b */\"number\":\"123\",\"gateway\":\"gw\"}}": {dial, "a comment"},
		"{\u00a0\"dial\":\u3000{\"type\":\"gateway\",\"number\":\"123\",\"gateway\":\"gw\"}}\u200b":    {dial, "a blank that JSON does not have"},
		`{"number": 123}`:                  {"number=123", "nil"},
		`{"number": 0301234}`:              {"number=0301234", `at "0301234}": this number is taken as a text`},
		`{"number": +49301234}`:            {"number=+49301234", "column 12"},
		`{"number": 86138001380001380001}`: {"number=86138001380001380001", "column 12"},
		`{"number": 9007199254740992}`:     {"number=9.007199254741e+15", "nil"},
		`{"a": [1,2,], "b": "it’s “so”"}`:  {"a.1=1 a.2=2 b=it’s “so”", "column 12"},
		`{“a”: “x\u0041\n”}`:               {"a=xA\n", "column 2"},
	}
	body := ""
	h := open(t, "").withHTTP(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
	for text, want := range bodies {
		body = text
		o := h.execute(fmt.Sprintf("local url = %q ", h.url)+`
			local out = {}
			local function show(t, name)
			  local keys = {}
			  for k in pairs(t) do keys[#keys+1] = k end
			  table.sort(keys, function(a, b) local order = {type = 1, number = 2, gateway = 3} return (order[a] or a) < (order[b] or b) end)
			  for _, k in ipairs(keys) do
			    if type(t[k]) == "table" then show(t[k], name .. k .. ".") else out[#out+1] = name .. k .. "=" .. tostring(t[k]) end
			  end
			end
			local value, mistake = http.get(url):json{lenient = true}
			show(value or {}, "")
			r, r2 = table.concat(out, " "), tostring(mistake)`, host.NoSwitch{}, "")
		if r, m := o.text("r"), o.text("r2"); r != want[0] || !strings.Contains(m, want[1]) || want[1] == "nil" && m != "nil" {
			t.Errorf("%q is read as %s, %s", body, r, m)
		}
	}
}

// TestLenientJSONRefuses what could mean two things, and says where it stands.
func TestLenientJSONRefuses(t *testing.T) {
	body := ""
	h := open(t, "").withHTTP(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
	for text, want := range map[string]string{
		"":                                 "it is empty",
		" \r\n\ufeff":                      "it is empty",
		"<html>\n<b>Fatal error</b>":       `line 1, column 1, at "<html>\n<b>Fatal error</b>": Expected value but found invalid token`,
		"{\"dial\":\n{\"type\" \"user\"}}": `line 2, column 9, at "\"user\"}}": Expected colon`,
		`{"dial":{"type":"user"}`:          "at its end: Expected comma or object end but found T_END",
		`{"a":1}{"b":2}`:                   "column 8",
		`{"a":,}`:                          "column 6",
		`[1,,2]`:                           "column 4",
		`{“a”: “b}`:                        "unexpected end of string",
		`{"a": "b”}`:                       "unexpected end of string",
		`{a b: 1}`:                         "column 4",
		strings.Repeat("[", 2000):          "too many nested data structures",
		"{\"\xff\": \xfe}":                 "column 7",
	} {
		body = text
		o := h.execute(fmt.Sprintf("local url = %q ", h.url)+`local value, why = http.get(url):json{lenient = true} r = tostring(value) .. " " .. tostring(why)`, host.NoSwitch{}, "")
		if r := o.text("r"); !strings.HasPrefix(r, "nil ") || !strings.Contains(r, want) {
			t.Errorf("%q: %s", body, r)
		}
	}
}

// TestRequestsInOrder sends three requests each of which waits for the one before.
func TestRequestsInOrder(t *testing.T) {
	var paths []string // the handler runs once at a time, or the race detector sees it
	h := open(t, "").withHTTP(func(_ http.ResponseWriter, r *http.Request) { paths = append(paths, r.URL.Path) })
	o := h.execute(fmt.Sprintf("local url = %q ", h.url)+`
		local last
		for _, path in ipairs{"/a", "/b", "/c"} do last = http.async(url .. path, {after = last}) end
		last:wait()
		r = select(2, pcall(http.get, url, {after = last})) .. select(2, pcall(http.async, url, {after = "x"}))`, host.NoSwitch{}, "")
	if r := o.text("r"); strings.Join(paths, "") != "/a/b/c" || !strings.Contains(r, `no option "after"`) || !strings.Contains(r, "after is a request of http.async") {
		t.Error(paths, r)
	}
}
