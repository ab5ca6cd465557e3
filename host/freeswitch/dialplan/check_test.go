package dialplan

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/rogpeppe/go-internal/txtar"
)

var known = Known{Hosts: []config.Address{"127.0.0.1:8084", "10.0.0.2:8084"}, Flows: []string{"invite", "ivr/main"}}

// extension returns one that is right but for what the test puts in.
func extension(actions string) string {
	return "<include>\n<extension name=\"x\">\n<condition field=\"destination_number\" expression=\"^x$\">\n" +
		actions + "\n</condition>\n</extension>\n</include>\n"
}

const (
	resumes = `<action application="set" data="socket_resume=true"/>` + "\n"
	ends    = "\n" + `<action application="hangup" data="USER_BUSY"/>`
)

// socketWith returns a right extension around a socket, which is in line 5.
func socketWith(data string) string {
	return extension(resumes + `<action application="socket" data="` + data + `"/>` + ends)
}

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string // the beginnings of the findings, after the file
	}{
		"all right":            {socketWith("127.0.0.1:8084/invite/$1 async full"), nil},
		"localhost is ours":    {socketWith("localhost:8084/invite full async"), nil},
		"the default port":     {socketWith("127.0.0.1/invite async full|"), []string{`5: this socket needs full`}},
		"several hosts":        {socketWith("127.0.0.1:8084/invite|10.0.0.2/invite ASYNC FULL"), nil},
		"a flow of a folder":   {socketWith("127.0.0.1:8084/ivr%2fmain async full"), nil},
		"a flow with its file": {socketWith("127.0.0.1:8084/invite.lua async full"), nil},
		"no flow":              {socketWith("127.0.0.1:8084 async full"), nil},

		"neither word":      {socketWith("127.0.0.1:8084/invite"), []string{`5: this socket needs async and full: without async nothing can interrupt an application, without full FreeSWITCH refuses most commands; write <action application="socket" data="127.0.0.1:8084/invite async full"/>`}},
		"no async":          {socketWith("127.0.0.1:8084/invite full"), []string{"5: this socket needs async:"}},
		"no full":           {socketWith("127.0.0.1:8084/invite async"), []string{"5: this socket needs full:"}},
		"no host":           {socketWith(""), []string{`5: this socket names no host; write <action application="socket" data="127.0.0.1:8084/FLOW async full"/>`}},
		"an unknown flow":   {socketWith("127.0.0.1:8084/invitation/$1 async full"), []string{`5: there is no flow "invitation"; the flows are invite, ivr/main`}},
		"a misspelt flow":   {socketWith("127.0.0.1:8084/Invte async full"), []string{`5: there is no flow "Invte"; did you mean invite?`}},
		"a folder's path":   {socketWith("127.0.0.1:8084/ivr/main/$1 async full"), []string{`5: there is no flow "ivr"; write ivr%2fmain for the flow ivr/main`}},
		"a blank":           {socketWith("127.0.0.1:8084/invite/a b async full"), []string{`5: FreeSWITCH ignores "b": a blank ends the path; write <action application="socket" data="127.0.0.1:8084/invite/a%2520b async full"/>`}},
		"a bar":             {socketWith("127.0.0.1:8084/invite/a|b async full"), []string{`5: remark: b:8084 is not one of the configuration's hosts (127.0.0.1:8084, 10.0.0.2:8084)`}},
		"a colon":           {socketWith("127.0.0.1:8084/invite/a:b async full"), []string{"5: FreeSWITCH takes the text after the last colon"}},
		"decoded too early": {socketWith("127.0.0.1:8084/invite/a%20b async full"), []string{`5: %20 reaches eslua as " "`}},
		"brackets":          {socketWith("[::1]:8084/invite async full"), []string{"5: FreeSWITCH accepts no brackets"}},
		"IPv6":              {socketWith("::1:8084/invite async full"), nil},
		"a stranger":        {socketWith("10.9.9.9:8084/theirs"), []string{"5: remark: 10.9.9.9:8084 is not one"}},
		"ours by its flow":  {socketWith("10.9.9.9:8084/invite"), []string{"5: remark: 10.9.9.9:8084 is not one", "5: this socket needs"}},

		"variables are left alone": {extension(`<action application="socket" data="${where}"/>`) +
			socketWith("127.0.0.1:8084/${flow} ${how}") + socketWith("127.0.0.1:8084/invite/${cond(${a} == b ? c : d)}") +
			socketWith("127.0.0.1:8084/invite/${url_encode(a b)} async full") +
			socketWith("127.0.0.1:8084/$1/x:y async full"), nil},

		"not resumed":      {extension(`<action application="socket" data="127.0.0.1:8084/invite async full"/>` + ends), []string{`4: socket_resume is not set before this socket`}},
		"resumed too late": {extension(`<action application="socket" data="127.0.0.1:8084/invite async full"/>` + "\n" + resumes + ends), []string{`4: socket_resume`}},
		"resume is false": {extension(`<action application="set" data="socket_resume=false"/>` + "\n" +
			`<action application="socket" data="127.0.0.1:8084/invite async full"/>` + ends), []string{`5: socket_resume`}},
		"resume is 0": {extension(`<action application="set" data="socket_resume=00"/>` + "\n" +
			`<action application="socket" data="127.0.0.1:8084/invite async full"/>` + ends), []string{`5: socket_resume`}},
		"resumed by a condition before": {`<extension name="x"><condition field="${a}" expression="b">` + resumes + `</condition>
			<condition><action application="socket" data="127.0.0.1:8084/invite async full"/>` + ends + `</condition></extension>`, nil},
		"resumed only otherwise": {`<extension name="x"><condition field="${a}" expression="b"><anti-action application="set" data="socket_resume=true"/>
			<action application="socket" data="127.0.0.1:8084/invite async full"/>` + ends + `</condition></extension>`, []string{"2: socket_resume"}},
		"resumed by multiset": {extension(`<action application="multiset" data="a=b ^^;c=d;socket_resume=yes"/>
			<action application="socket" data="127.0.0.1:8084/invite async full"/>` + ends), nil},
		"a script may resume": {extension(`<action application="lua" data="before.lua"/>
			<action application="socket" data="127.0.0.1:8084/invite async full"/>` + ends), nil},
		"resumed everywhere": {`<X-PRE-PROCESS cmd="set" data="socket_resume=true"/>
			` + extension(`<action application="socket" data="127.0.0.1:8084/invite async full"/>`+ends), nil},
		"resumed by an extension that continues": {`<extension name="all" continue="true"><condition>` + resumes + `</condition></extension>
			` + extension(`<action application="socket" data="127.0.0.1:8084/invite async full"/>`+ends), nil},

		"resumed by one that transfers": {`<extension name="first"><condition field="destination_number" expression="^a$">` + resumes +
			`<action application="transfer" data="x"/></condition></extension>
			` + extension(`<action application="socket" data="127.0.0.1:8084/invite async full"/>`+ends), nil},
		"resumed for a user": {`<user id="1000"><variables><variable name="socket_resume" value="true"/></variables></user>
			` + extension(`<action application="socket" data="127.0.0.1:8084/invite async full"/>`+ends), nil},
		"one that continues": {strings.Replace(extension(resumes+`<action application="socket" data="127.0.0.1:8084/invite async full"/>`), `name="x"`, `name="x" continue="true"`, 1), nil},
		"run inside another": {`<extension name="first"><condition field="destination_number" expression="^a$">` +
			`<action application="execute_extension" data="x XML default"/></condition></extension>
			` + extension(resumes+`<action application="socket" data="127.0.0.1:8084/invite async full"/>`), nil},
		"run inside no other": {`<extension name="first"><condition field="destination_number" expression="^a$">` +
			`<action application="execute_extension" data="y XML default"/></condition></extension>
			` + extension(resumes+`<action application="socket" data="127.0.0.1:8084/invite async full"/>`), []string{"6: no action follows"}},

		"resumed once for two": {extension(resumes + `<action application="socket" data="127.0.0.1:8084/invite async full"/>
			<action application="socket" data="127.0.0.1:8084/invite async full"/>` + ends), []string{"6: remark: socket_resume is not set again before this socket"}},
		"resumed for each of two": {extension(resumes + `<action application="socket" data="127.0.0.1:8084/invite async full"/>` + resumes +
			`<action application="socket" data="127.0.0.1:8084/invite async full"/>` + ends), nil},

		"nothing behind": {extension(resumes + `<action application="socket" data="127.0.0.1:8084/invite async full"/>`),
			[]string{`5: no action follows this socket`}},
		"only otherwise something behind": {extension(resumes + `<action application="socket" data="127.0.0.1:8084/invite async full"/>
			<anti-action application="hangup"/>`), []string{`5: no action follows this socket`}},
		"a condition behind": {`<extension name="x"><condition>` + resumes + `<action application="socket" data="127.0.0.1:8084/invite async full"/></condition>
			<condition field="${a}" expression="b"><action application="hangup"/></condition></extension>`, nil},

		"originate without quotes": {extension(`<action application="set" data="x=${originate(user/1000 &amp;socket(127.0.0.1:8084/invite async full))}"/>`),
			[]string{`4: originate loses everything after the first blank of &socket(...); write '&socket(127.0.0.1:8084/invite async full)'`}},
		"originate with quotes": {extension(`<action application="set" data="api_on_answer=bgapi originate user/1000 '&amp;socket(127.0.0.1:8084/invite async full)'"/>`), nil},
		"bgapi originate":       {extension(`<action application="set" data="api_on_answer=bgapi originate user/1000 &amp;socket(127.0.0.1:8084/invite async full)"/>`), []string{"4: originate loses"}},
		"originate lacks words": {extension(`<action application="set" data="api_on_answer=originate user/1000 &amp;socket(127.0.0.1:8084/invite)"/>`),
			[]string{`4: this socket needs async and full: without async nothing can interrupt an application, without full FreeSWITCH refuses most commands; write '&socket(127.0.0.1:8084/invite async full)'`}},
		"a hook without quotes": {extension(`<action application="set" data="x=${originate {execute_on_answer=socket 127.0.0.1:8084/invite async full}user/1000 &amp;park()}"/>`),
			[]string{`4: originate breaks at the blanks of this execute_on_...; write execute_on_answer='socket 127.0.0.1:8084/invite async full'`}},
		"a hook with quotes":     {extension(`<action application="set" data="x=${originate {a=b,execute_on_answer='socket 127.0.0.1:8084/invite async full'}user/1000 &amp;park()}"/>`), nil},
		"a hook of a channel":    {extension(`<action application="export" data="nolocal:execute_on_answer=socket 127.0.0.1:8084/invite async full"/>`), nil},
		"a hook that lacks full": {extension(`<action application="set" data="execute_on_answer=socket 127.0.0.1:8084/invite async"/>`), []string{"4: this socket needs full"}},

		"core variables": {`<X-PRE-PROCESS cmd="set" data="where = 127.0.0.1:8084/lost"/>` + "\n" +
			socketWith("$${where} async full"), []string{`6: there is no flow "lost"`}},
		"unknown core variables":  {socketWith("$${where}/lost async full"), nil},
		"a comment":               {"<!--\n" + socketWith("nonsense") + "-->", nil},
		"a context":               {"<context name=\"c\">\n" + socketWith("127.0.0.1:8084/lost async full") + "</context>", []string{`6: there is no flow`}},
		"swallowed":               {"<include><extension name=\"x\">\n</extension></include>", []string{"1: FreeSWITCH drops every line", "2: FreeSWITCH drops every line"}},
		"never closed":            {"<context name=\"c\">\n<extension name=\"x\">\n</context>", []string{"3: FreeSWITCH cannot read this XML: </context> is here, but <extension> of line 2"}},
		"never closed at the end": {"\n<context name=\"c\">\n", []string{"2: FreeSWITCH cannot read this XML: <context> is never closed"}},
		"no quotes":               {"<context name=c>\n</context>", []string{"1: FreeSWITCH cannot read this XML: <context> has an attribute without"}},
		"a comment in a comment":  {"<a>\n<!-- a -- b -->\n</a>", []string{"2: FreeSWITCH cannot read this XML: this comment"}},
		"closes nothing":          {"<a/>\n</a>", []string{"2: FreeSWITCH cannot read this XML: </a> closes nothing"}},
		"what FreeSWITCH takes":   {`<extension name="a<b"><condition expression="^(?<n>\d+)$&x"/></extension>`, nil},
	} {
		t.Run(name, func(t *testing.T) { checks(t, c.text, c.want) })
	}
}

// checks compares what is found in a file with a text.
func checks(t *testing.T, text string, want []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "d.xml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	compare(t, Check([]Source{File(file)}, known), filepath.Dir(file)+"/d.xml:", want)
}

// condition returns an extension whose condition has these attributes.
func condition(attributes string) string {
	return "<extension name=\"x\">\n<condition " + attributes + ">" + ends + "</condition></extension>"
}

func TestCheckConditionsAndApplications(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a field":             {condition(`field="destination_number" expression="^x$"`), ""},
		"a field in capitals": {condition(`field="Caller_ID_Number" expression="^x$"`), ""},
		"a variable":          {condition(`field="${destination}" expression="^x$"`), ""},
		"no field":            {condition(`wday="2-6" hour="8-17"`), ""},
		"a misspelt field":    {condition(`field="destination_nubmer" expression="^x$"`), `2: a call has no field "destination_nubmer"; did you mean destination_number?`},
		"a variable's name":   {condition(`field="sip_from_user" expression="^x$"`), `2: a call has no field "sip_from_user", so it is empty here; write ${sip_from_user} for the variable`},
		"a wrong pattern":     {condition(`field="destination_number" expression="^+49(\d+)$"`), `2: FreeSWITCH cannot compile "^+49(\\d+)$", so it never matches: + repeats nothing; write \+ for the character`},
		"an open bracket":     {condition(`field="destination_number" expression="^(7\d\d\d$"`), `2: FreeSWITCH cannot compile "^(7\\d\\d\\d$", so it never matches: a ( has no )`},
		"a lookahead":         {condition(`field="destination_number" expression="^(?!911)(\d+)$"`), ""},
		"several patterns":    {"<extension name=\"x\"><condition regex=\"any\">\n<regex field=\"caller_id_nmuber\" expression=\"1\"/>\n<regex field=\"ani\" expression=\"[\"/>" + ends + "</condition></extension>", `2: a call has no field "caller_id_nmuber"; did you mean caller_id_number?|3: FreeSWITCH cannot compile "["`},
		"a nested condition":  {"<extension name=\"x\"><condition>\n<condition field=\"anni\" expression=\"1\">" + ends + "</condition></condition></extension>", `2: a call has no field "anni"; did you mean ani?`},
		"an application":      {extension(`<action application="BRIDGE" data="user/1000"/>`), ""},
		"a misspelt one":      {extension(`<action application="sokcet" data="127.0.0.1:8084/invite async full"/>`), `4: FreeSWITCH has no application "sokcet" and hangs up here; did you mean socket?`},
		"one of a module":     {extension(`<action application="my_recorder" data="x"/>`), ""},
		"a variable as one":   {extension(`<action application="${bridg}" data="x"/>`), ""},
		"remarks":             {socketWith("10.9.9.9:8084/theirs") + socketWith("10.9.9.9:8084/others") + socketWith("10.9.9.9:8084/more"), `5: remark: 10.9.9.9:8084 is not one of the configuration's hosts (127.0.0.1:8084, 10.0.0.2:8084) (and 2 more places)`},
	} {
		t.Run(name, func(t *testing.T) {
			checks(t, c.text, strings.FieldsFunc(c.want, func(r rune) bool { return r == '|' }))
		})
	}
}

// TestCheckSpelling: what FreeSWITCH ignores without a word, and what it reads as
// another word, in one round with everything else.
func TestCheckSpelling(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"an attribute of an action":  {extension(`<action aplication="hangup" data="USER_BUZY"/>`), `4: FreeSWITCH hangs up with NORMAL_CLEARING here: "USER_BUZY" is not a hangup cause; did you mean USER_BUSY?|4: FreeSWITCH ignores aplication= in <action>; did you mean application=?`},
		"in capitals":                {extension(`<action Application="hangup"/>`), `4: FreeSWITCH ignores Application= in <action>; did you mean application=?`},
		"one of an admin's own":      {extension(`<action application="hangup" uuid="1" enabled="true"/>`), ""},
		"no application":             {extension(`<action app="hangup"/>`), `4: this <action> names no application; write <action application="..." data="..."/>`},
		"attributes of a condition":  {condition(`feild="destination_nubmer" exprssion="["`), `2: FreeSWITCH cannot compile "["|2: FreeSWITCH ignores exprssion= in <condition>; did you mean expression=?|2: FreeSWITCH ignores feild= in <condition>; did you mean field=?|2: a call has no field "destination_nubmer"`},
		"the time of a condition":    {condition(`wday="2-6" time-of-day="08:00-17:00" minutes="1"`), `2: FreeSWITCH ignores minutes= in <condition>; did you mean minute=?`},
		"break":                      {condition(`field="ani" expression="1" break="on_true"`), `2: FreeSWITCH reads break="on_true" as on-false; did you mean on-true?`},
		"break with another word":    {condition(`field="ani" expression="1" break="yes"`), `2: FreeSWITCH reads break="yes" as on-false; write on-false, on-true, always, never`},
		"break in capitals":          {condition(`field="ani" expression="1" break="NEVER"`), ""},
		"regex":                      {"<extension name=\"x\"><condition regex=\"xro\">\n<regex field=\"ani\" expresion=\"1\"/>" + ends + "</condition></extension>", `1: FreeSWITCH reads regex="xro" as any; did you mean xor?|2: FreeSWITCH ignores expresion= in <regex>`},
		"continue":                   {"<extension name=\"x\" continue=\"ture\"><condition>" + ends + "</condition></extension>", `1: FreeSWITCH reads continue="ture" as false; did you mean true?`},
		"continue with another word": {"<extension name=\"x\" continue=\"nope\"><condition>" + ends + "</condition></extension>", ""},
		"inline":                     {extension(`<action application="set" data="a=b" inline="treu"/>`), `4: FreeSWITCH reads inline="treu" as false; did you mean true?`},
		"an extension":               {"<include>\n<extention name=\"x\"><condition><action application=\"sokcet\"/></condition></extention>\n</include>", `2: FreeSWITCH has no application "sokcet"|2: FreeSWITCH ignores <extention>; did you mean <extension>?`},
		"a context":                  {"<contxt name=\"x\"><extension name=\"x\" contineu=\"true\"></extension></contxt>", `1: FreeSWITCH ignores <contxt>; did you mean <context>?|1: FreeSWITCH ignores contineu= in <extension>`},
		"a condition":                {"<extension name=\"x\">\n<conditon field=\"anni\" expression=\"1\"/></extension>", `2: FreeSWITCH ignores <conditon>; did you mean <condition>?|2: a call has no field "anni"`},
		"an action":                  {extension(`<acton application="hangup" data="NO_ANSWR"/>`), `4: FreeSWITCH hangs up with NORMAL_CLEARING here: "NO_ANSWR" is not a hangup cause; did you mean NO_ANSWER?|4: FreeSWITCH ignores <acton>; did you mean <action>?`},
		"an anti-action":             {extension(`<antiaction application="hangup"/>`), `4: FreeSWITCH ignores <antiaction>; did you mean <anti-action>?`},
		"an element of one's own":    {extension(`<note/>`), `4: FreeSWITCH ignores <note> in <condition>, which holds <condition>, <regex>, <expression>, <action>, <anti-action>`},
		"an action outside":          {"<extension name=\"x\">\n<action application=\"hangup\"/></extension>", `2: FreeSWITCH ignores <action> in <extension>, which holds <condition>`},
		"a nested action":            {extension(`<action application="hangup"><action application="hangup"/></action>`), `4: FreeSWITCH ignores <action> in <action>`},
		"other files":                {"<include>\n<macro name=\"m\"><input pattern=\"x\"><match><action function=\"play-file\" data=\"x\"/></match></input></macro>\n</include>", ""},
		"other sections":             {`<document><section name="configuration"><extention aplication="x"/></section><section name="chatplan"><context name="x"><extension><condition field="to"/></extension></context></section></document>`, ""},
		"the section":                {`<document><section name="dialplan"><context name="x"><extention/></context></section></document>`, `1: FreeSWITCH ignores <extention>; did you mean <extension>?`},

		"a cause":                  {extension(`<action application="hangup" data="NORMAL_CLEARNG"/>`), `4: FreeSWITCH hangs up with NORMAL_CLEARING here: "NORMAL_CLEARNG" is not a hangup cause; did you mean NORMAL_CLEARING?`},
		"a cause with a blank":     {extension(`<action application="hangup" data="USER_BUSY "/>`), `4: FreeSWITCH hangs up with NORMAL_CLEARING here: "USER_BUSY " is not a hangup cause; did you mean USER_BUSY?`},
		"causes as FreeSWITCH":     {extension(`<action application="hangup" data="user_busy"/><action application="hangup" data="17"/><action application="hangup"/><action application="hangup" data="${x}"/>`), ""},
		"a cause in a variable":    {extension(`<action application="set" data="eslua_cause=NORMAL_TEMPORARY_FAILRE"/>` + "\n" + `<action application="hangup" data="${eslua_cause}"/>`), `4: FreeSWITCH hangs up with NORMAL_CLEARING here: "NORMAL_TEMPORARY_FAILRE" is not a hangup cause; did you mean NORMAL_TEMPORARY_FAILURE?`},
		"a cause for later":        {extension(`<action application="sched_hangup" data="+60 ALOTTED_TIMEOUT"/>`), `4: FreeSWITCH hangs up with NORMAL_CLEARING here: "ALOTTED_TIMEOUT" is not a hangup cause; did you mean ALLOTTED_TIMEOUT?`},
		"causes in a list":         {extension(`<action application="set" data="continue_on_fail=USER_BUSSY,NO_ANSWER,19,TIMEOUT"/><action application="set" data="continue_on_fail=true"/>`), `4: no call ends with the cause "USER_BUSSY" of continue_on_fail; did you mean USER_BUSY?`},
		"a status":                 {extension(`<action application="respond" data="486 Busy Here"/><action application="respond" data="503"/><action application="respond" data="${code}"/>`), ""},
		"no status":                {extension(`<action application="respond" data="48"/>`), `4: respond needs a SIP status, and "48" is none, so FreeSWITCH sends 48; write a status such as 486 Busy Here`},
		"a cause for a status":     {extension(`<action application="respond" data="USER_BUZY"/>`), `4: respond needs a SIP status, and "USER_BUZY" is none, so FreeSWITCH sends 488 Not Acceptable Here; did you mean 486 (USER_BUSY)?`},
		"a word for a status":      {extension(`<action application="respond" data="busy"/>`), `4: respond needs a SIP status, and "busy" is none, so FreeSWITCH sends 488 Not Acceptable Here; write a status`},
		"a letter inside a status": {extension(`<action application="respond" data="4O4 Not Found"/>`), `4: respond needs a SIP status, and "4O4" is none, so FreeSWITCH sends 4;`},
	} {
		t.Run(name, func(t *testing.T) {
			checks(t, c.text, strings.FieldsFunc(c.want, func(r rune) bool { return r == '|' }))
		})
	}
}

// TestSocketsThatNameNoFlow tries sockets that are right only where something else names one.
func TestSocketsThatNameNoFlow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "d.xml")
	if err := os.WriteFile(file, []byte(socketWith("127.0.0.1:8084 async full")+socketWith("10.9.9.9:8084 async full")), 0o600); err != nil {
		t.Fatal(err)
	}
	only := known
	only.PathOnly = true
	compare(t, Check([]Source{File(file)}, only), filepath.Dir(file)+"/d.xml:", []string{
		`5: this socket names no flow, and the configuration has neither routes nor default_flow; write <action application="socket" data="127.0.0.1:8084/FLOW async full"/>`,
		"14: remark: 10.9.9.9:8084 is not one",
	})
}

func compare(t *testing.T, got []Finding, prefix string, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("nothing said %q", want[i])
		case i >= len(want):
			t.Errorf("it said %s", got[i])
		case !strings.HasPrefix(strings.TrimPrefix(got[i].String(), prefix), want[i]):
			t.Errorf("got  %s\nwant %s", got[i], want[i])
		}
	}
}

// TestCheckReadsWhatFreeSWITCHReads has includes, directories and variables
// that hold from file to file.
func TestCheckReadsWhatFreeSWITCHReads(t *testing.T) {
	dir := t.TempDir()
	archive := txtar.Parse([]byte(`
-- freeswitch.xml --
<X-PRE-PROCESS cmd="set" data="eslua=127.0.0.1:8084"/>
<X-PRE-PROCESS cmd="include" data="dialplan/*.xml"/>
<X-PRE-PROCESS cmd="include" data="$${unknown}/*.xml"/>
<X-PRE-PROCESS cmd="include" data="nowhere/*.xml"/>
<X-PRE-PROCESS cmd="include" data="freeswitch.xml"/>
-- dialplan/default.xml --
<include>
  <context name="default">
    <X-PRE-PROCESS cmd="include" data="default/*.xml"/>
  </context>
</include>
-- dialplan/default/one.xml --
<include>
  <extension name="one"><condition>
    <action application="set" data="socket_resume=true"/>
    <action application="socket" data="$${eslua}/lost async full"/>
    <action application="hangup"/>
  </condition></extension>
</include>
-- dialplan/default/two.xml --
<extension name="two">
`))
	for _, f := range archive.Files {
		file := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		`dialplan/default.xml:4: FreeSWITCH cannot read this XML: </context> is here, but <extension> of line 1 `,
		`dialplan/default/one.xml:4: there is no flow "lost"`,
	}
	compare(t, Check([]Source{File(filepath.Join(dir, "freeswitch.xml"))}, known), dir+"/", want)
	want = append(want, `dialplan/default/two.xml:1: FreeSWITCH cannot read this XML: <extension> is never closed`)
	compare(t, Check([]Source{File(filepath.Join(dir, "freeswitch.xml")), File(filepath.Join(dir, "dialplan"))}, known), dir+"/", want)
	compare(t, Check([]Source{File(filepath.Join(dir, "none.xml"))}, known), dir+"/", []string{"none.xml:1: cannot be read: no such file"})

	link := filepath.Join(t.TempDir(), "dialplan") // many a distribution has one
	if err := os.Symlink(filepath.Join(dir, "dialplan"), link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(".", filepath.Join(dir, "dialplan", "again")); err != nil {
		t.Fatal(err)
	}
	behind := Check([]Source{File(link)}, known)
	if straight := Check([]Source{File(filepath.Join(dir, "dialplan"))}, known); len(behind) == 0 || len(behind) != len(straight) {
		t.Errorf("behind a link there is %v, else %v", behind, straight)
	}
	empty := t.TempDir()
	compare(t, Check([]Source{File(empty)}, known), empty, []string{":1: no *.xml file is here"})
}

func TestAnswersAreAskedOnlyOfStrangers(t *testing.T) {
	var asked []string
	k := known
	k.Answers = func(address string) bool { asked = append(asked, address); return false }
	file := filepath.Join(t.TempDir(), "d.xml")
	if err := os.WriteFile(file, []byte(socketWith("127.0.0.1:8084/invite|10.9.9.9/invite async full")), 0o600); err != nil {
		t.Fatal(err)
	}
	got := Check([]Source{File(file)}, k)
	if !slices.Equal(asked, []string{"10.9.9.9:8084"}) || len(got) != 1 || !got[0].Remark ||
		!strings.HasSuffix(got[0].Message, "and nothing listens there") {
		t.Errorf("asked %q, said %v", asked, got)
	}
}

// FuzzCheck holds that nothing breaks the checker, and that what encoding/xml
// takes for XML is the same XML to it.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{
		socketWith("127.0.0.1:8084/invite/$1 async full"),
		extension(`<action application="set" data="x=${originate({execute_on_answer='socket a b}user/1 &amp;socket(a b"/>`),
		"<a b='c' d=\"&#38;lt;&#x41;&amp;lt;\"><![CDATA[<]]></a><!-- x --><b/>", "<a", "</", "<!--", "<a b=", "<a b='", "<a/", "<?x?>", "<!D>", "<a b/>", "<a =''/>",
		"<X-PRE-PROCESS cmd=\"include\" data=\"*\"/>", "<X-PRE-PROCESS cmd=\"set\" data=\"a=$${a}$${\"/>\n$${a}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(strings.ToLower(text), "include") {
			return // it would read files of this machine
		}
		for _, finding := range Check([]Source{{name: "f.xml", body: text}}, known) {
			if finding.File != "f.xml" || finding.Line < 1 || finding.Line > strings.Count(text, "\n")+1 {
				t.Fatalf("said of nowhere: %s", finding)
			}
		}
		if strings.ContainsAny(text, "?!$\r") || strings.Contains(strings.ToLower(text), "x-pre") {
			return // a line may go, or a declaration have a meaning
		}
		want, err := standard(text)
		if err != nil {
			return
		}
		var s source
		(&reader{vars: map[string]string{}}).add(&s, "f.xml", text, 0)
		tree, b := parse(&s)
		if b != nil {
			t.Fatalf("encoding/xml takes %q: %s", text, b.message)
		}
		if got := flat(tree); got != want {
			t.Fatalf("%q\n got %s\nwant %s", text, got, want)
		}
	})
}

func standard(text string) (string, error) {
	var b strings.Builder
	d := xml.NewDecoder(bytes.NewReader([]byte(text)))
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Space != "" {
				return "", errors.New("FreeSWITCH knows no namespaces")
			}
			b.WriteString("<" + e.Name.Local)
			for _, a := range e.Attr {
				if a.Name.Space != "" {
					return "", errors.New("FreeSWITCH knows no namespaces")
				}
				fmt.Fprintf(&b, " %s=%q", a.Name.Local, a.Value)
			}
			b.WriteString(">")
		case xml.EndElement:
			b.WriteString("</" + e.Name.Local + ">")
		}
	}
	// RawToken lets tags go unmatched.
	return b.String(), xml.Unmarshal([]byte("<root>"+text+"</root>"), new(struct{}))
}

func flat(tree []*element) string {
	var b strings.Builder
	for _, e := range tree {
		b.WriteString("<" + e.name)
		for _, a := range e.attrs {
			fmt.Fprintf(&b, " %s=%q", a[0], a[1])
		}
		b.WriteString(">" + flat(e.children) + "</" + e.name + ">")
	}
	return b.String()
}
