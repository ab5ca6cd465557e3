package switchsim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// setReportVariables sets the variables of a call detail record in FreeSWITCH's
// order (switch_channel_set_timestamps). Called with mu held.
func (c *channel) setReportVariables() {
	p := c.caller
	set := c.vars.set
	end := stampOf(c.sw.clk.Now())
	set("digits_dialed", "none")
	if len(c.dialled) > 0 {
		set("digits_dialed", string(c.dialled))
	}
	for _, n := range []struct {
		name string
		at   stamp
	}{{"start", p.channelCreated}, {"profile_start", p.created}, {"answer", p.answered},
		{"bridge", p.bridged}, {"progress", p.progress}, {"progress_media", p.early}, {"end", end}} {
		if n.at.us != "" {
			set(n.name+"_stamp", n.at.at.Format("2006-01-02 15:04:05"))
		}
	}
	epochs := func(name string, at stamp) {
		seconds := int64(0)
		if at.us != "" {
			seconds = at.at.Unix()
		}
		set(name+"_epoch", strconv.FormatInt(seconds, 10))
		set(name+"_uepoch", at.micros())
	}
	epochs("start", p.channelCreated)
	epochs("profile_start", p.created)
	epochs("answer", p.answered)
	epochs("bridge", p.bridged)
	epochs("last_hold", stamp{})
	set("hold_accum_seconds", "0")
	set("hold_accum_usec", "0")
	set("hold_accum_ms", "0")
	epochs("resurrect", stamp{})
	epochs("progress", p.progress)
	epochs("progress_media", p.early)
	epochs("end", end)
	if app := c.vars.get("current_application"); app != "" {
		set("last_app", app)
		set("last_arg", c.vars.get("current_application_data"))
	}
	callerID := p.cidNumber
	if p.cidName != "" {
		callerID = fmt.Sprintf("%q <%s>", p.cidName, p.cidNumber)
	}
	set("caller_id", callerID)
	c.setDurations(end)
	if c.otherHalf != nil {
		set("is_loopback", "1")
	}
	if c.vars.get("sip_profile_name") != "" && c.vars.get("sip_hangup_disposition") == "" {
		c.setMediaReport()
	}
}

// setMediaReport sets what mod_sofia and the RTP stack add at the end.
func (c *channel) setMediaReport() {
	disposition := "send_bye"
	switch {
	case c.byPerson:
		disposition = "recv_bye"
	case !c.answered && c.direction == outbound:
		disposition = "send_cancel"
	case !c.answered:
		disposition = "send_refuse"
	}
	c.vars.set("sip_hangup_disposition", disposition)
	if c.codec != codecSIP {
		return
	}
	for _, name := range strings.Fields(`in_raw_bytes in_media_bytes in_packet_count in_media_packet_count
		in_skip_packet_count in_jitter_packet_count in_dtmf_packet_count in_cng_packet_count in_flush_packet_count
		in_largest_jb_size`) {
		c.vars.set("rtp_audio_"+name, "0")
	}
	for _, name := range []string{"jitter_min_variance", "jitter_max_variance", "jitter_loss_rate", "jitter_burst_rate", "mean_interval"} {
		c.vars.set("rtp_audio_in_"+name, "0.00")
	}
	c.vars.setAll([][2]string{{"rtp_audio_in_flaw_total", "0"}, {"rtp_audio_in_quality_percentage", "100.00"}, {"rtp_audio_in_mos", "4.50"}})
	for _, name := range strings.Fields(`out_raw_bytes out_media_bytes out_packet_count out_media_packet_count
		out_skip_packet_count out_dtmf_packet_count out_cng_packet_count rtcp_packet_count rtcp_octet_count`) {
		c.vars.set("rtp_audio_"+name, "0")
	}
}

// setDurations sets duration, billsec and the like in seconds, milliseconds and
// microseconds. The times are cut to the unit before they are subtracted, so that a call
// of 2.4 seconds may have 3 (switch_channel.c:switch_channel_set_timestamps).
func (c *channel) setDurations(end stamp) {
	p := c.caller
	flowBegins := stamp{}
	if p.answered.us != "" {
		flowBegins = p.channelCreated
	}
	spans := []struct {
		name     string
		from, to stamp
	}{
		{"duration", p.channelCreated, end}, {"bill", p.answered, end},
		{"progress", p.channelCreated, p.progress}, {"answer", p.channelCreated, p.answered},
		{"wait", p.channelCreated, p.bridged}, {"progress_media", p.channelCreated, p.early},
		{"flow_bill", flowBegins, end},
	}
	for _, unit := range []struct {
		suffix, first string
		micros        int64
	}{{"sec", "duration", 1_000_000}, {"msec", "mduration", 1000}, {"usec", "uduration", 1}} {
		for _, s := range spans {
			name := s.name + unit.suffix
			if s.name == "duration" {
				name = unit.first
			}
			n := int64(0)
			if s.from.us != "" && s.to.us != "" {
				n = max(s.to.at.UnixMicro()/unit.micros-s.from.at.UnixMicro()/unit.micros, 0)
			}
			c.vars.set(name, strconv.FormatInt(n, 10))
		}
	}
}

// fireReport fires a channel's last event, with its record if the channel asks for it
// (switch_core_state_machine.c:switch_core_session_reporting_state).
func (c *channel) fireReport(cause string) {
	const name = "CHANNEL_HANGUP_COMPLETE"
	before := []wire.Header{{Name: "Hangup-Cause", Value: cause}}
	if c.get("hangup_complete_with_xml") != "true" {
		c.fireWith(name, before)
		return
	}
	e := c.event(name, before, []wire.Header{{Name: "CDR-Attached", Value: "xml"}})
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<cdr core-uuid=\"" + e.Get("Core-UUID") + "\"><variables>")
	for _, h := range e.Headers {
		if variable, ok := strings.CutPrefix(h.Name, "variable_"); ok {
			fmt.Fprintf(&b, "<%s>%s</%s>", variable, wire.AppendEncoded(nil, h.Value), variable)
		}
	}
	e.Body = b.String() + "</variables></cdr>\n"
	c.sw.bus.Fire(e, name, c.uuid, "")
}
