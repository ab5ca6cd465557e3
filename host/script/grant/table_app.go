package grant

// appTable lists the dialplan applications of FreeSWITCH 1.11.
var appTable = tableOf(appRows)

var appRows = []row{
	// They concern the call alone and neither execute nor store what they are told.
	{names: `acknowledge_call answer avmd_stop block_dtmf blind_transfer_ack break
		capture_text check_acl clear_digit_action clear_speech_cache cng_plc debug_media delay_echo
		detect_audio detect_silence detect_speech digit_action_set_realm displace_session
		distributor early_hangup easyroute echo enable_heartbeat enable_keepalive
		filter_codecs flush_dtmf fsk_display fsk_send gentones hangup hold info ivr jitterbuffer
		media_reset novideo park park_state play_and_detect_speech
		play_fsv play_yuv pre_answer preprocess presence privacy queue_dtmf read
		record_fsv record_session_mask record_session_pause record_session_resume
		record_session_unmask recovery_refresh redirect remove_bugs respond reuse_caller_profile ring_ready say
		sched_hangup sched_heartbeat send_display send_dtmf send_info session_loglevel set_audio_level
		set_media_stats set_mute set_name set_user set_zombie_exec sleep sofia_stir_shaken_vs sound_test
		spandsp_start_dtmf spandsp_stop_detect_tdd spandsp_stop_dtmf spandsp_stop_fax_detect
		spandsp_stop_inject_tdd spandsp_stop_tone_detect start_dtmf start_dtmf_generate stop
		stop_displace_session stop_dtmf stop_dtmf_generate stop_record_session stop_tone_detect
		stop_video_write_overlay stopfax transfer_vars unbind_meta_app unblock_dtmf unhold unloop vad_test
		verbose_events video_decode video_refresh video_write_overlay wait_for_answer wait_for_silence
		wait_for_video_ready`},
	{note: "plays a file", names: `decode_video endless_playback loop_playback mutex playback`},
	{note: "sets variables that begin with fsk_, and executes only what others say", names: `fsk_recv`},
	{note: "executes only what variables say", names: `avmd avmd_start rxfax spandsp_start_tone_detect t38_gateway txfax vmd`},
	{note: "sends an event of its own", names: `bert_test spandsp_detect_tdd spandsp_inject_tdd spandsp_send_tdd`},
	{note: "detects a fixed tone and executes nothing", names: `fax_detect`},
	{note: "plays to its own channel", names: `deduplicate_dtmf`},
	{note: "expands what the configuration says", names: `enum lcr translate`},
	{note: "asks memcache for a number", names: `cidlookup`},
	{note: "transfers to what the configuration or variables say", names: `voicemail_ivr`},
	{note: "sets a variable to nothing", names: `multiunset unset`},
	{note: "expands a text once, to log it or to forget it", names: `eval log`},
	{note: "keeps a list of dial strings", names: `conference_set_auto_outcall`},

	// Their arguments are read and checked (app.go).
	{names: `att_xfer bind_digit_action bind_meta_app bridge bridge_export broadcast callcenter capture conference
		db deflect directory eavesdrop event execute_extension export fifo group hash intercept limit limit_execute
		limit_hash limit_hash_execute multiset native_eavesdrop page phrase play_and_get_digits push record record_session
		sched_broadcast sched_cancel sched_transfer set set_profile_var soft_hold spandsp_start_fax_detect speak strftime
		three_way tone_detect transfer unshift valet_park voicemail`},

	{why: program, names: `system bgsystem lua javascript perl python java basic managed shell_stream`},
	{why: anyFile, names: `mkdir rename curl_sendfile msrp_send_file msrp_recv_file`},
	{why: network, names: `curl`},
	{why: control, names: `cluechoo nibblebill`},
	{why: others, names: `callcenter_track esf_page_group fifo_track_call pickup set_global smpp_send sofia_sla userspy`},
	{why: escape, names: `socket erlang erlang_sendmsg hiredis_raw
		httapi`}, // which runs the applications that a web server names
	{why: received, names: `fsk_simplify`},
	{why: unread, names: `avoidingdeadlock capture_video chromakey cv cv_bug dial goto osplookup ospnext play_video snapshot
		video_replace`},
}

// dialplanTable lists the dialplans.
var dialplanTable = tableOf([]row{
	{names: `xml directory enum lcr translate`, note: "reads the configuration"},
	{names: `inline`}, // its extension is read (target.go)
	{why: program, names: `lua`},
	{why: unread, names: `asterisk signalwire`},
})

// chatTable lists the protocols that a message is sent with.
var chatTable = tableOf([]row{
	{names: `sip verto conf smpp event global_sms`},
	{why: escape, names: `api`}, // it executes what a message is addressed to
})
