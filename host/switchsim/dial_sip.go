package switchsim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/text"
)

// A sipLeg holds the values that a leg's SIP variables are made of.
type sipLeg struct{ user, domain, port, media, local, remote, sdp string }

func (c *channel) newSIPLeg(user, host string) sipLeg {
	domain, port, _ := strings.Cut(host, ":")
	if port == "" {
		port = "5060"
	}
	media := strconv.Itoa(16384 + c.number%8192*2)
	tag := strings.ReplaceAll(c.uuid, "-", "") + strings.Repeat("0", 26) // who dials may have chosen a short one
	sdp := "v=0\r\no=FreeSWITCH 1795177066 1795177067 IN IP4 127.0.0.1\r\ns=FreeSWITCH\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
		"m=audio " + media + " RTP/AVP 0 8 101 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n" +
		"a=fmtp:101 0-15\r\na=rtpmap:13 CN/8000\r\na=ptime:20\r\n"
	return sipLeg{user, domain, port, media, tag[:13], tag[13:26], sdp}
}

func (p sipLeg) uri() string { return p.user + "@" + p.domain + ":" + p.port }

// setInviteVariables sets the variables of a leg that mod_sofia sends an INVITE
// for. Like the others here that set variables it is called with mu held, or
// before the channel lives.
func (c *channel) setInviteVariables(p sipLeg) {
	c.vars.setAll([][2]string{
		{"sip_profile_name", "internal"}, {"video_media_flow", "disabled"}, {"text_media_flow", "disabled"},
		{"channel_name", c.name}, {"sip_destination_url", "sip:" + p.uri()},
		{"originate_early_media", "true"}, {"originate_endpoint", "sofia"}, {"rtp_use_codec_string", "PCMU,PCMA"},
		{"local_media_ip", "127.0.0.1"}, {"local_media_port", p.media}, {"advertised_media_ip", "127.0.0.1"},
		{"audio_media_flow", "sendrecv"}, {"rtp_local_sdp_str", p.sdp + "a=sendrecv\r\n"},
		{"sip_outgoing_contact_uri", "<sip:mod_sofia@127.0.0.1:5060>"}, {"sip_req_uri", p.uri()},
		{"sip_to_host", p.domain}, {"sip_from_host", "127.0.0.1"}, {"sofia_profile_name", "internal"},
		{"recovery_profile_name", "internal"}, {"sofia_profile_url", "sip:mod_sofia@127.0.0.1:5060"},
		{"sip_call_id", p.local[:8] + "-5fbd-1240-30b1-1ed62297882f"}, {"sip_local_network_addr", "127.0.0.1"},
		{"sip_reply_port", p.port}, {"sip_network_port", p.port},
	})
}

// setMediaVariables sets the variables of a leg that has media.
func (c *channel) setMediaVariables(p sipLeg) {
	contact := "<sip:" + p.uri() + ";transport=udp>"
	via := "SIP/2.0/UDP 127.0.0.1;rport=" + p.port + ";branch=z9hG4bK" + p.local
	from := c.caller.origNumber
	c.vars.setAll([][2]string{
		{"sip_reply_host", p.domain}, {"sip_network_ip", p.domain},
		{"sip_user_agent", "FreeSWITCH-mod_sofia/1.11.3-dev+git~20260821T141014Z~cc93a683ca~64bit"},
		{"sip_allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE, INFO, UPDATE, REGISTER, REFER, NOTIFY"},
		{"sip_recover_contact", contact}, {"sip_full_via", via}, {"sip_recover_via", via},
		{"sip_full_from", "<sip:" + from + "@127.0.0.1>;tag=" + p.local}, {"sip_full_to", "<sip:" + p.uri() + ">;tag=" + p.remote},
		{"sip_from_user", from}, {"sip_from_uri", from + "@127.0.0.1"}, {"sip_from_host", "127.0.0.1"},
		{"sip_to_user", p.user}, {"sip_to_port", p.port}, {"sip_to_uri", p.uri()}, {"sip_to_host", p.domain},
		{"sip_contact_params", "transport=udp"}, {"sip_contact_user", p.user}, {"sip_contact_port", p.port},
		{"sip_contact_uri", p.uri()}, {"sip_contact_host", p.domain}, {"sip_to_tag", p.remote}, {"sip_from_tag", p.local},
		{"sip_cseq", "123048183"}, {"switch_r_sdp", p.sdp}, {"ep_codec_string", "CORE_PCM_MODULE.PCMU@8000h@20i@64000b"},
		{"remote_video_media_flow", "inactive"}, {"remote_text_media_flow", "inactive"}, {"remote_audio_media_flow", "sendrecv"},
		{"rtp_audio_recv_pt", "0"}, {"rtp_use_codec_name", "PCMU"}, {"rtp_use_codec_rate", "8000"},
		{"rtp_use_codec_ptime", "20"}, {"rtp_use_codec_channels", "1"},
		{"rtp_last_audio_codec_string", "PCMU@8000h@20i@1c"}, {"read_codec", "PCMU"}, {"original_read_codec", "PCMU"},
		{"read_rate", "8000"}, {"original_read_rate", "8000"}, {"write_codec", "PCMU"}, {"write_rate", "8000"},
		{"dtmf_type", "rfc2833"}, {"rtp_use_timer_name", "soft"}, {"rtp_use_pt", "0"},
		{"rtp_use_ssrc", strconv.Itoa(1000000 + c.number)}, {"rtp_2833_send_payload", "101"},
		{"rtp_2833_recv_payload", "101"}, {"remote_media_ip", p.domain}, {"remote_media_port", p.media},
	})
	c.codec, c.caller.networkAddr = codecSIP, "127.0.0.1"
}

// setRefusal sets the variables of a leg whose INVITE was refused.
func (c *channel) setRefusal(cause string) {
	status, phrase := "480", "Temporarily Unavailable"
	switch cause {
	case "NORMAL_TEMPORARY_FAILURE":
		status, phrase = "503", "Service Unavailable"
	case "USER_BUSY":
		status, phrase = "486", "Busy Here"
	case "CALL_REJECTED":
		status, phrase = "603", "Decline"
	case "UNALLOCATED_NUMBER":
		status, phrase = "404", "Not Found"
	}
	c.setAll([][2]string{
		{"sip_hangup_disposition", "recv_refuse"}, {"sip_invite_failure_status", status},
		{"sip_invite_failure_phrase", phrase}, {"sip_term_status", status},
		{"proto_specific_hangup_cause", "sip:" + status}, {"sip_term_cause", strconv.Itoa(text.CauseNumber(cause))},
	})
}

// pad adds variables until an event has about Config.PadTo bytes.
func (c *channel) pad() {
	if c.sw.cfg.PadTo <= 0 {
		return
	}
	size := 2200
	for _, v := range c.vars.list {
		size += len(v.Name) + len(v.Value)*5/4 + 3
	}
	filler := strings.Repeat("x", 80)
	for i := 1; size < c.sw.cfg.PadTo; i++ {
		name := fmt.Sprintf("padding_%03d", i)
		c.vars.set(name, filler)
		size += len(variablePrefix) + len(name) + len(filler) + 3
	}
}
