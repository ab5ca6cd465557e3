package config

import (
	"strings"
	"testing"
)

func TestPushes(t *testing.T) {
	const endpoints = "endpoints: {crm: {url: http://a}, log: {url: http://b}}\n"
	c, err := Parse("eslua.yaml", []byte(endpoints+`nodes: [{name: fs1, address: "127.0.0.1:8021"}]
pushes:
  - {on: Call_End, endpoints: [crm, log], flows: [ivr], nodes: [fs1], variables: [crm_id, "crm_*"], script: shape.lua x}
  - {on: recording, endpoints: [crm]}
  - {on: channel_answer, endpoints: [crm]}
  - {on: CUSTOM, subclass: "sofia::register", endpoints: [crm]}
  - {on: call_end, endpoints: [crm], flows: [other]}
`))
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Pushes; p[0].On != CallEnd || p[1].On != Recording || p[2].On != "CHANNEL_ANSWER" || p[3].Label() != "CUSTOM sofia::register to crm" {
		t.Errorf("%+v", p)
	}
	var named []string
	for _, n := range c.NamedFlows() {
		named = append(named, n.Setting+" "+n.Flow)
	}
	if got := strings.Join(named, ", "); got != "flows ivr, pushes shape.lua, flows other" || !c.IsJob("shape") {
		t.Errorf("named are %s", got)
	}
	for source, want := range map[string]string{
		"{on: call_ended, endpoints: [crm]}":                                                  "besides events there are call_end and recording",
		"{on: CHANEL_ANSWER, endpoints: [crm]}":                                               "did you mean CHANNEL_ANSWER?",
		"{endpoints: [crm]}":                                                                  "add on: call_end",
		"{on: call_end}":                                                                      "add endpoints: [NAME]",
		"{on: call_end, endpoints: crm}":                                                      "write a list: [NAME]",
		"{on: call_end, endpoints: [cmr]}":                                                    "eslua.yaml:3: there is no endpoint \"cmr\" under endpoints:; did you mean crm?",
		"{on: call_end, endpoints: [crm], nodes: [fs2]}":                                      "there is no node \"fs2\" under nodes:; did you mean fs1?",
		"{on: API, subclass: a, endpoints: [crm]}":                                            "only CUSTOM events have a subclass",
		"{on: CUSTOM, subclass: a b, endpoints: [crm]}":                                       "holds a blank",
		"{on: call_end, endpoints: [crm], variables: [variable_x]}":                           "without variable_",
		"{on: call_end, endpoints: [crm], variables: [\"a*b\"]}":                              "names no variable",
		"{on: call_end, endpoints: [crm], variables: [\"${a}\"]}":                             "names no variable",
		"{on: call_end, endpoints: [crm], script: /x.lua}":                                    "name in the script directory",
		"{on: call_end, endpoints: [crm]}, {on: call_end, endpoints: [log, crm], flows: [a]}": "what entry 1 tells it already",
	} {
		source = endpoints + "nodes: [{name: fs1, address: \"127.0.0.1:8021\"}]\npushes: [" + source + "]\n"
		if _, err := Parse("eslua.yaml", []byte(source)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", source, err, want)
		}
	}
}
