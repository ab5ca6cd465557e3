package lookup

import (
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func TestParseRequest(t *testing.T) {
	for text, want := range map[string]Request{
		"hostname=fs&section=configuration&tag_name=configuration&key_name=name&key_value=callcenter.conf": {"fs", "configuration", "configuration", "name", "callcenter.conf", nil},
		"hostname=fs&section=dialplan&tag_name=&key_name=&key_value=&Event-Name=REQUEST_PARAMS&Caller-Caller-ID-Name=a%26b%3Dc+%2B%20d&variable_x=%ZZ": {
			"fs", "dialplan", "", "", "", [][2]string{{"Event-Name", "REQUEST_PARAMS"}, {"Caller-Caller-ID-Name", "a&b=c++ d"}, {"variable_x", "%ZZ"}}},
		// a domain that a caller has made up adds no parameters, and is not decoded
		"hostname=fs&section=directory&tag_name=domain&key_name=name&key_value=x%41&user=admin&Event-Name=y&Event-Name=REQUEST_PARAMS&user=1000": {
			"fs", "directory", "domain", "name", "x%41&user=admin&Event-Name=y", [][2]string{{"Event-Name", "REQUEST_PARAMS"}, {"user", "1000"}}},
		// only chosen variables are sent (enable-post-var)
		"hostname=fs&section=directory&tag_name=domain&key_name=name&key_value=x&user=1000": {"fs", "directory", "domain", "name", "x", [][2]string{{"user", "1000"}}},
		"section=directory&user=10%300&key_value=a%2Eb":                                     {"", "directory", "", "", "a.b", [][2]string{{"user", "1000"}}},
	} {
		if got, err := ParseRequest(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %q, %v\nwant %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", "a=b", "hostname=fs&section=&tag_name=&key_name=&key_value=", "&&=&"} {
		if r, err := ParseRequest(text); err == nil {
			t.Errorf("%q is the request %+v", text, r)
		}
	}
}

// What the answer holds is text for FreeSWITCH, whatever a caller has put into it.
func TestWrite(t *testing.T) {
	doc, err := Parse(`<?xml version="1.0" encoding="ISO-8859-1"?><!-- c --><!--#exec "x"-->
<document type='freeswitch/xml'><a:b x="1 &lt;&quot;&#39; $${y} ${z} $$$" y=2>t &amp; <![CDATA[<X-Pre-Process cmd="exec"/>
]]></a:b><c/><d ><e></e></d ></document>` + "\n")
	if err != nil {
		t.Fatal(err)
	}
	want := `<document type="freeswitch/xml">
<a:b x="1 &#60;&#34;&#39; &#36;${y} ${z} &#36;&#36;$" y="2">t &#38; &#60;&#88;-Pre-Process cmd=&#34;exec&#34;/&#62;</a:b>
<c/>
<d>
<e/>
</d>
</document>
`
	if got := doc.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	again, err := Parse(doc.String())
	if err != nil || again.Children[0].Text != "t & <X-Pre-Process cmd=\"exec\"/>" || again.Children[0].Attr("x") != `1 <"' $${y} ${z} $$$` {
		t.Errorf("it is read as %+v, %v", again, err)
	}
}

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":             "no element",
		"text":         "no element",
		"<a>\n<b></a>": "line 2: </a> closes nothing",
		"<a>\n<b>":     "line 2: <b> is not closed",
		"<a/>\n<b/>":   "line 2: <b> is a second document",
		"<a></a></b>":  "line 1: </b> closes nothing",
		"<a>\n<x-PRE-process cmd=\"exec\" data=\"reboot\"/></a>": "line 2: <x-PRE-process> would have FreeSWITCH run programs",
		"<a><include><b/></include></a>":                         "line 1: <include> is overlooked by FreeSWITCH",
		"<a><b ax-pre-Process='1'/></a>":                         "line 1: <b>: FreeSWITCH overlooks a line",
		"<a><bX-PRE-PROCESS>1</bX-PRE-PROCESS></a>":              "FreeSWITCH overlooks a line",
		"<a" + strings.Repeat(" b='1'", 3e5) + "/>":              "too many elements",
		"<a b=\"\n":                         "line 2: ",
		strings.Repeat("<a>", 200):          "too many elements",
		"<a>" + strings.Repeat("<b/>", 3e5): "too many elements",
		"<a><b c='<'/></a":                  "line 1: ",
	} {
		if doc, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, %v, want %s", text, doc, err, want)
		}
	}
}

// A text in many pieces is not written again for each of them.
func TestPiecesOfText(t *testing.T) {
	text := "<a>" + strings.Repeat("x<!---->", 1e5) + "</a>"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	doc, err := Parse(text)
	runtime.ReadMemStats(&after)
	if err != nil || doc.Text != strings.Repeat("x", 1e5) {
		t.Fatalf("it is read as %.40q, %v", doc.Text, err)
	}
	if most := uint64(100 << 20); after.TotalAlloc-before.TotalAlloc > most {
		t.Errorf("%d bytes were allocated, more than %d", after.TotalAlloc-before.TotalAlloc, most)
	}
}

func TestExtension(t *testing.T) {
	got := Extension("public", []Action{{"answer", ""}, {"playback", "a\"b$${c}"}}).String()
	want := `<document type="freeswitch/xml">
<section name="dialplan">
<context name="public">
<extension name="eslua">
<condition>
<action application="answer" data=""/>
<action application="playback" data="a&#34;b&#36;${c}"/>
</condition>
</extension>
</context>
</section>
</document>
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
}
