package main

import (
	"strings"

	"github.com/eslua/eslua/host/operate/config"
)

// shipped returns a scenario of a flow that ships.
func shipped(name, file, args string, settings map[string]any) scenario {
	return scenario{name: name, shipped: file, args: args, own: config.Flow{Settings: settings}, far: answered()}
}

// inline returns an endpoint whose far end runs applications.
func inline(actions ...string) string {
	return "loopback/m:^:" + strings.Join(actions, "^") + "/default/inline"
}

// shippedScenarios try the flows of scripts/, on loopbacks instead of phones and lines.
func shippedScenarios() []scenario {
	busy, silent, talks := inline("hangup:USER_BUSY"), inline("sleep:20000"), inline("answer", "sleep:1500", "hangup")
	menu := map[string]any{"greeting": "silence_stream://300", "wrong": "silence_stream://100", "goodbye": "silence_stream://100", "wait": 1500, "tries": 2, "key_1": "hangup:USER_BUSY inline"}
	list := []scenario{
		shipped("conferenceIsLeft", "joinConf.lua", "/3055", nil),
		shipped("gatewayConnects", "gateway.lua", "/tdm/5551", map[string]any{"tdm": talks}),
		shipped("gatewayIsBusy", "gateway.lua", "/sip/5551", map[string]any{"sip": busy}),
		shipped("gatewayDials", "gateway.lua", "/tdm/USER_BUSY", map[string]any{"tdm": "loopback/hangup:NUMBER/default/inline"}),
		shipped("nobodyAnswers", "noAnswer.lua", "/1000/1", map[string]any{"to": silent, "prompt": "silence_stream://200"}),
		shipped("somebodyRejects", "noAnswer.lua", "/1000/1", map[string]any{"to": inline("hangup:CALL_REJECTED"), "prompt": "silence_stream://200"}),
		shipped("somebodyAnswers", "noAnswer.lua", "/1000/9", map[string]any{"to": talks}),
		shipped("groupAnswers", "groupCall.lua", "", map[string]any{"members": busy + " " + silent + " " + talks, "seconds": 9}),
		shipped("groupIsHunted", "groupCall.lua", "", map[string]any{"members": busy + " " + silent + " " + talks, "seconds": 1, "hunt": true}),
		shipped("groupIsAway", "groupCall.lua", "", map[string]any{"members": busy + " " + silent, "seconds": 1}),
		shipped("messageIsTaken", "recorder.lua", "", map[string]any{"directory": "/tmp", "greeting": "silence_stream://100", "seconds": 1}),
		shipped("menuIsHeardTwice", "menu.lua", "", menu),
		shipped("menuLeadsAway", "menu.lua", "", menu),
	}
	ends := map[string]string{
		"gatewayConnects": "NORMAL_CLEARING", "gatewayIsBusy": "USER_BUSY", "gatewayDials": "USER_BUSY", "nobodyAnswers": "NO_ANSWER", "somebodyRejects": "CALL_REJECTED",
		"somebodyAnswers": "NORMAL_CLEARING", "groupAnswers": "NORMAL_CLEARING", "groupIsHunted": "NORMAL_CLEARING", "groupIsAway": "NO_ANSWER",
		"messageIsTaken": "NORMAL_CLEARING", "menuIsHeardTwice": "NORMAL_CLEARING", "menuLeadsAway": "USER_BUSY", "conferenceIsLeft": "NORMAL_CLEARING",
	}
	lines := map[string][]string{
		"gatewayConnects": {"5551: SUCCESS"}, "gatewayIsBusy": {"5551: USER_BUSY"}, "gatewayDials": {"USER_BUSY: USER_BUSY"},
		"nobodyAnswers": {"1000: NO_ANSWER"}, "somebodyRejects": {"1000: CALL_REJECTED"}, "somebodyAnswers": {},
		"groupAnswers": {}, "groupIsHunted": {}, "groupIsAway": {"nobody of the group has answered: NO_ANSWER"}, "menuIsHeardTwice": {},
	}
	for i := range list {
		s := &list[i]
		s.after, s.lines = ends[s.name], lines[s.name]
		switch s.name {
		case "conferenceIsLeft":
			s.far = answered("sleep:1000", "hangup")[:3]
		case "menuLeadsAway":
			s.press = "1"
		}
	}
	return list
}
