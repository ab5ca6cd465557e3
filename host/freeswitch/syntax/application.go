package syntax

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/spell"
)

// MeantApplication returns the application that a mistyped name stands for. It returns
// "" for a known name, and if no known name is spelt like it: an admin's own module may
// have it. Case does not matter to FreeSWITCH.
func MeantApplication(name string) string {
	known := strings.Fields(applications)
	if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
		return ""
	}
	return spell.Typo(name, known)
}

// applications lists those of FreeSWITCH's own modules (SWITCH_ADD_APP).
const applications = `
acknowledge_call answer att_xfer avmd avmd_start avmd_stop basic bert_test bgsystem bind_digit_action bind_meta_app blind_transfer_ack
block_dtmf break bridge bridge_export broadcast callcenter callcenter_track capture capture_text capture_video check_acl chromakey cidlookup
clear_digit_action clear_speech_cache cluechoo cng_plc conference conference_set_auto_outcall curl curl_sendfile cv cv_bug db debug_media
decode_video deduplicate_dtmf deflect delay_echo detect_audio detect_silence detect_speech digit_action_set_realm directory displace_session
distributor early_hangup easyroute eavesdrop echo enable_heartbeat enable_keepalive endless_playback enum erlang erlang_sendmsg
esf_page_group eval event execute_extension export fax_detect fifo fifo_track_call filter_codecs flush_dtmf fsk_display fsk_recv fsk_send
fsk_simplify gentones group hangup hash hiredis_raw hold httapi info intercept ivr java javascript jitterbuffer jsrun lcr limit
limit_execute limit_hash limit_hash_execute log loop_playback lua managed media_reset mkdir msrp_recv_file msrp_send_file multiset
multiunset mutex native_eavesdrop nibblebill novideo osplookup ospnext page park park_state perl phrase pickup play_and_detect_speech
play_and_get_digits play_fsv play_video play_yuv playback pre_answer preprocess presence privacy push python python3 queue_dtmf rayo read
record record_fsv record_session record_session_mask record_session_pause record_session_resume record_session_unmask recovery_refresh
redirect remove_bugs rename respond reuse_caller_profile ring_ready rxfax say sched_broadcast sched_cancel sched_hangup sched_heartbeat
sched_transfer send_display send_dtmf send_info session_loglevel set set_audio_level set_global set_media_stats set_mute set_name
set_profile_var set_user set_zombie_exec skinny-drop skinny-process skinny-wait sleep smpp_send snapshot socket sofia_sla
sofia_stir_shaken_vs soft_hold sound_test spandsp_detect_tdd spandsp_inject_tdd spandsp_send_tdd spandsp_start_dtmf
spandsp_start_fax_detect spandsp_start_tone_detect spandsp_stop_detect_tdd spandsp_stop_dtmf spandsp_stop_fax_detect
spandsp_stop_inject_tdd spandsp_stop_tone_detect speak start_dtmf start_dtmf_generate stop stop_displace_session stop_dtmf
stop_dtmf_generate stop_record_session stop_tone_detect stop_video_write_overlay stopfax strftime system t38_gateway three_way
tone_detect transfer transfer_vars translate txfax unbind_meta_app unblock_dtmf unhold unloop unset unshift userspy v8 vad_test
valet_park verbose_events video_decode video_refresh video_replace video_write_overlay vmd voicemail voicemail_ivr wait_for_answer
wait_for_silence wait_for_video_ready`
