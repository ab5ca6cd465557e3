package grant

import (
	"strings"
	"testing"
)

// FreeSWITCH expands what it gets as XML by itself.
func TestAnswers(t *testing.T) {
	g := Default()
	g.Mine = new(Channels)
	for text, want := range map[string]string{
		"answer ":                                    "",
		"bridge user/1000@example.org":               "",
		"playback ivr/ivr-welcome.wav":               "",
		"set a=b":                                    "",
		"log INFO hello":                             "",
		"playback ${uuid}.wav":                       "",
		"system reboot":                              "system",
		"log INFO ${system(reboot)}":                 "text later",
		"playback ${x}":                              "text later",
		"bridge user/${destination_number}":          "text later",
		"set execute_on_answer=system reboot":        "system",
		"set x=${system reboot}":                     "text later",
		"%[a=b]system reboot":                        "",
		"execute_extension x inline":                 `"x" is not granted`,
		"playback shell_stream://reboot":             "file shell_stream",
		"bridge {api_on_answer='system x'}user/1000": "system",
		"lua x.lua":                                  "lua",
	} {
		app, data, _ := strings.Cut(text, " ")
		if strings.HasPrefix(text, "%") {
			app, data = "answer", text
		}
		if err := g.CheckAction(app, data); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"destination_number": "", "${network_addr}": "", "^1(\\d+)$": "",
		"${system(reboot)}": "text later", "${a}${b}": "text later", "${default_password}": "text later",
	} {
		if err := g.CheckExpanded(text); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("field %s: %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"password secret": "", "VM-Password 1234": "", "vm-mailto a.b@example.org": "", "a1-hash x": "",
		"dial-string {^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}${sofia_contact(*/${dialed_user}@${dialed_domain})},${verto_contact(${dialed_user}@${dialed_domain})}": "",
		"dial-string user/1001":                                 "",
		"dial-string ${sofia_contact(x@y)}${system(reboot)}":    "text later",
		"dial-string ${sofia_contact(${system(reboot)}@x)}":     "text later",
		"dial-string {execute_on_answer='system reboot'}user/1": "system",
		"dial-string loopback/x/y/inline":                       `"x" is not granted`,
		"vm-mailto a@b;reboot":                                  "param vm-mailto",
		"vm-convert-cmd reboot":                                 "allow: [param vm-convert-cmd]",
		"esl-password x":                                        "param esl-password",
		"jsonrpc-allowed-methods verto":                         "param jsonrpc-allowed-methods",
		"new x":                                                 "param new",
	} {
		name, value, _ := strings.Cut(text, " ")
		if err := g.CheckParam(name, value); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("param %s: %v, want %q", text, err, want)
		}
	}
	all := Grants{API: Rule{Allow: []Name{"*"}}, Apps: Rule{Allow: []Name{"*"}}, FireEvents: true}
	if err := all.CheckParam("esl-password", "x"); err != nil {
		t.Error(err)
	}
	one := Grants{Apps: Rule{Allow: []Name{"param esl-password", "text later"}}}
	if err := one.CheckParam("esl-password", "x"); err != nil {
		t.Error(err)
	}
	if err := one.CheckAction("bridge", "user/${destination_number}"); err != nil {
		t.Error(err)
	}
}
