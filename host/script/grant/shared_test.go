package grant

import (
	"errors"
	"strings"
	"testing"
)

// sharedWays steer other people's conferences, queues, lots and mailboxes.
var sharedWays = []way{
	{"api", "conference 3000 hup all", "conference"},
	{"api", "Conference 3000 HUP all", "conference"},
	{"api", "conference 'my room' kick all", "conference"},
	{"api", "conference list hup all", "conference"}, // a conference of that name
	{"api", "conference 3000 'mute' 1", "conference"},
	{"api", `conference 3000 \mute 1`, "conference"},
	{"api", "conference 3000 play /a/b.wav", "conference"},
	{"api", "conference 3000 say hello; this is the room (3000)", "conference"},
	{"api", "conference 3000 transfer 3001@default 2", "conference"},
	{"api", "conference 3000 dial {origination_caller_id_name='Jo Doe'}user/1000 1000 'Jo Doe'", "conference"},
	{"api", "conference 3000 recording start /var/rec/a b.wav", "conference"},
	{"api", "conference 3000 pin 1234", "conference"},
	{"api", "conference 3000 set max_members 1", "conference"},
	{"api", "conference 3000 is_not_known_yet", "conference"},
	{"api", "bgapi conference 3000 hup all", "conference"},
	{"api", "sched_api +1 none conference 3000 hup all", "conference"},
	{"api", "eval ${conference(3000 hup all)}", "conference"},
	{"api", "eval ${conference('a list' hup all)}", "conference"},
	{"api", "expand conference 3000 hup all", "conference"},
	{"api", `json {"command":"fsapi","data":{"cmd":"conference","arg":"3000 hup all"}}`, "conference"},
	{"var", "api_hangup_hook=conference 3000 hup all", "conference"},
	{"app", "conference|3000@default+flags{endconf}", "conference"},
	{"app", "conference|3000@default+flags{mute|mandatory_member_endconf}", "conference"},
	{"app", "conference|3000@default+flags{mute,moderator}", "conference"},
	{"app", "conference|3000@default+1234", "conference"},
	{"app", "conference|3000@default+1234+flags{mute}", "conference"},
	{"app", "transfer|conference:3000+flags{endconf} inline", "conference"},
	{"dial", "loopback/app=conference:3000+flags{endconf}", "conference"},
	{"var", "conference_member_flags=mute|endconf", "conference"},
	{"var", "conference_member_flags=mute,endconf", "conference"},
	{"var", "conference_member_flags=ARRAY::mute|:endconf", "conference"},
	{"var", "conference_member_flags_endconf=true", "variable conference_member_flags_endconf"},
	{"dial", "{conference_member_flags=moderator,a=b}user/1", "conference"},
	{"var", "conference_enforce_security=false", "variable conference_enforce_security"},
	{"var", "conference_moderator_pin=1", "variable conference_moderator_pin"},
	{"api", "callcenter_config agent del 1000@d", "callcenter_config"},
	{"api", "callcenter_config AGENT Set status 1000@d 'Available (On Demand)'", "callcenter_config"},
	{"api", "callcenter_config 'agent' 'set' contact 1@d user/1", "callcenter_config"},
	{"api", "callcenter_config tier add support@default 1000@d 1 1", "callcenter_config"},
	{"api", "callcenter_config queue unload support@default", "callcenter_config"},
	{"api", "fifo_member del support user/1000", "fifo_member"},
	{"app", "fifo|support out wait", "fifo"},
	{"app", "fifo|'support' 'out'", "fifo"},
	{"app", "fifo|${word} in", "fifo"},
	{"app", "pickup|support", "pickup"},
	{"app", "valet_park|lot 1001", "valet_park"},
	{"app", "valet_park|lot auto out 1 9", "valet_park"},
	{"app", "valet_park|lot ask 1 11 10000 ivr/ivr-enter_ext_pound.wav", "valet_park"},
	{"app", "voicemail|check auth default ${domain_name}", "voicemail"},
	{"app", "voicemail|AUTH check default d 1000", "voicemail"},
	{"app", "voicemail|'auth' check default d 1000", "voicemail"},
	{"app", "voicemail|check auth_only auth default d 1000", "voicemail"},
	{"app", "voicemail|${auth} default d 1000", "voicemail"},
	{"var", "voicemail_authorized=true", "variable voicemail_authorized"},
	{"var", "voicemail_authorized=1", "variable voicemail_authorized"},
	{"dial", "{voicemail_authorized=yes}user/1", "variable voicemail_authorized"},
	{"app", "callcenter_track|1000@d", "callcenter_track"},
}

// They need a grant in every form that they have.
func TestWhatIsSharedNeedsAGrant(t *testing.T) {
	for _, use := range sharedWays {
		err := ask(ownGrants(), use.how, use.text)
		var refused *RefusedError
		if !errors.As(err, &refused) || refused.Name != use.name && !strings.HasPrefix(refused.Name, use.name+" ") {
			t.Errorf("%s %s: %v", use.how, use.text, err)
		}
		g := ownGrants()
		g.API.Allow, g.Apps.Allow = []Name{Name(use.name)}, []Name{Name(use.name)}
		if err := ask(g, use.how, use.text); err != nil && !strings.Contains(use.text, "${") {
			t.Errorf("%s is granted: %s %s: %v", use.name, use.how, use.text, err)
		}
	}
}

// What only looks, joins, or waits in a line needs none.
func TestWhatIsSharedCanBeSeenAndJoined(t *testing.T) {
	for _, use := range []struct{ how, text string }{
		{"api", "conference"}, {"api", "conference list"}, {"api", "conference LIST"}, {"api", "conference xml_list"},
		{"api", "conference json_list compact"}, {"api", "conference list delim ,"}, {"api", "conference list summary"},
		{"api", "conference 3000 list"}, {"api", "conference 'my room' xml_list"}, {"api", "conference 3000 get run_time"},
		{"api", "eval ${conference(3000 count)}"}, {"api", "bgapi conference 'my room' json_list"},
		{"api", "callcenter_config"}, {"api", "callcenter_config queue"}, {"api", "callcenter_config agent list 1000@d"},
		{"api", "callcenter_config queue count agents support@default"}, {"api", "callcenter_config agent get status 1000@d"},
		{"app", "conference|3000@default+flags{mute|deaf}"}, {"app", "conference|my room"}, {"app", "conference|bridge:_uuid_:user/+4912"},
		{"var", "conference_member_flags=mute"}, {"dial", "{conference_member_flags=mute,a=b}user/1"},
		{"app", "fifo|support!3 in undef moh.wav"}, {"app", "valet_park|lot auto in 8000 8999"},
		{"app", "voicemail|check default ${domain_name} 1000"}, {"app", "voicemail|check auth_only default d"}, {"var", "voicemail_authorized=false"},
	} {
		if err := ask(ownGrants(), use.how, use.text); err != nil {
			t.Errorf("%s %s: %v", use.how, use.text, err)
		}
	}
	room := ownGrants()
	room.API.Allow = []Name{"conference 3000"}
	if room.CheckAPI("conference 3000 hup all") != nil || room.CheckAPI("conference 3001 hup all") == nil || room.CheckAPI("conference '3000 x' hup all") == nil {
		t.Error("a grant for one conference is not for that one")
	}
}
