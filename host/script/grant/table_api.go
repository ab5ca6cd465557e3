package grant

import (
	"maps"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/spell"
)

// MeantCommand returns the API command that a mistyped name stands for. It returns ""
// for a known name, and if no known name is spelt like it: an admin's own module may
// have it.
func MeantCommand(name string) string {
	known := slices.Collect(maps.Keys(apiTable))
	for i, entry := range known {
		known[i], _, _ = strings.Cut(entry, " ") // sofia status
	}
	if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, name) }) {
		return ""
	}
	return spell.Typo(name, known)
}

// CompleteCommand returns what the text, the beginning of an API command, may become: names
// of commands, and of those of which the first argument is known, such as sofia status.
func CompleteCommand(text string) (commands []string) {
	for entry := range apiTable {
		name, _, _ := strings.Cut(entry, " ")
		for _, c := range []string{name, entry} {
			if strings.HasPrefix(c, text) && strings.Contains(c, " ") == strings.Contains(text, " ") {
				commands = append(commands, c)
			}
		}
	}
	slices.Sort(commands)
	return slices.Compact(commands)
}

// apiTable lists the API commands of FreeSWITCH 1.11.
var apiTable = tableOf(apiRows)

var apiRows = []row{
	// They answer and change nothing.
	{names: `acl banner cond create_uuid db_cache distributor domain_data
		domain_exists echo easyroute escape eval file_exists fifo_check_bridge getcputime gethost
		global_getvar hash_dump host_lookup hostname in_group interface_allowlist_dump interface_ip
		is_lan_addr limit_hash_usage limit_status limit_usage log managedlist md5 memory module_exists msleep
		multicast_peers pool_stats quote_shell_arg reg_url regex replace rtmp_contact say_string
		sofia_contact sofia_count_reg sofia_dig sofia_gateway_data sofia_presence_data sofia_username_of sql_escape
		status strepoch strftime strftime_tz strmicroepoch switchname tolower toupper uptime url_decode
		url_encode user_data user_exists userspy_show uuid_exists valet_info verto_contact version
		vm_boxcount vm_fsdb_msg_count blacklist/check fifo/list fifo/list_verbose fifo/count fifo/has_outbound
		local_stream/show nat_map/status sofia/status sofia/xmlstatus sofia/jsonstatus sofia/help verto/status`},
	{note: "expands what the configuration says", names: `enum enum_auto group_call translate`},
	{note: "calls fixed commands", names: `help show`},
	{note: "sends an event of its own", names: `presence`},

	// They act on the channel that they name (channelAt in channel.go).
	{names: `break pause sched_broadcast sched_hangup sched_transfer spandsp_stop_tone_detect
		stop_tdd_detect tone_detect uuid_answer uuid_audio uuid_break uuid_bridge uuid_broadcast uuid_buglist
		uuid_capture_text uuid_chat uuid_codec_debug uuid_codec_param uuid_debug_media uuid_deflect uuid_displace
		uuid_display uuid_drop_dtmf uuid_dual_transfer uuid_dump uuid_early_ok uuid_fileman uuid_flush_dtmf
		uuid_getvar uuid_hold uuid_jitterbuffer uuid_kill uuid_limit uuid_limit_release uuid_loglevel uuid_media
		uuid_media_3p uuid_media_reneg uuid_outgoing_answer uuid_park uuid_pause uuid_phone_event uuid_pre_answer
		uuid_preprocess uuid_record uuid_recovery_refresh uuid_recv_dtmf uuid_redirect uuid_ring_ready
		uuid_send_dtmf uuid_send_info uuid_send_message uuid_send_text uuid_session_heartbeat
		uuid_set_media_stats uuid_setvar uuid_setvar_multi uuid_simplify uuid_transfer uuid_video_bandwidth
		uuid_video_bitrate uuid_video_refresh uuid_write_png uuid_xfer_zombie uuid_zombie_exec`},
	{names: `avmd spandsp_start_tone_detect start_tdd_detect uuid_send_tdd vmd`, note: "executes only what variables say"},
	{names: `sched_del unsched_api`}, // a task of this script (channel.go)

	// Their arguments are read and checked (api.go).
	{names: `bgapi callcenter_config chat conference db expand group hash json originate page sched_api xml_wrap`},

	{why: program, names: `system bg_system spawn bg_spawn spawn_stream lua luarun perl perlrun python pyrun basic
		java jsrun jsapi managed managedrun`},
	{why: anyFile, names: `curl_sendfile http_put vm_inject voicemail_inject cdr_csv`},
	{why: network, names: `stun curl http_get http_prefetch http_tryget`},
	{why: module, names: `load unload reload managedreload
		reloadxml`}, // which runs the exec lines of the configuration, too
	{why: module, names: `reloadacl reloadcert`},
	{why: control, names: `... alsa amr_debug amrwb_debug amqp av blacklist cluechoo complete console distributor_ctl
		enum/reload fifo fsctl hash_remote httapi http_clear_cache http_remove_cache jsmon lcr_admin local_stream
		msrp opus_debug opusfile_debug prefix rtmp shutdown signalwire skinny smpp_debug sndfile_debug sofia
		telecast time_test timer_test verto voicemail vpx xml_flush_cache xml_ldap xml_scgi nat_map
		alias`}, // which gives the admin's own commands another meaning
	{why: others, names: `callcenter_break event_channel_broadcast fifo_member global_setvar hupall jskill jsps limit_interval_reset
		limit_reset nibblebill smpp_send uuid_msrp_send vm_delete vm_fsdb_auth_login
		vm_fsdb_msg_delete vm_fsdb_msg_email vm_fsdb_msg_forward vm_fsdb_msg_get vm_fsdb_msg_list
		vm_fsdb_msg_purge vm_fsdb_msg_save vm_fsdb_msg_undelete vm_fsdb_pref_greeting_get
		vm_fsdb_pref_greeting_set vm_fsdb_pref_password_set vm_fsdb_pref_recname_set vm_list vm_read
		hash/eslua_campaign`}, // what campaigns keep in mod_hash
	{why: secret, names: `domain_data/password find_user_xml getenv global_getvar/password list_users user_data/password
		vm_prefs xml_curl xml_locate`},
	{why: escape, names: `erlang event_sink hiredis_raw single_esl chat/api`},
	// Seen, or read: a format, a place far outside of the line, a thousand nested parentheses, an unknown node, no session.
	{why: crashes, names: `coalesce console_complete console_complete_xml expr fifo_add_outbound uuid_media_params`},
	{why: unread, names: `chromakey cidlookup cv_bug lcr memcache mongo_find_n mongo_find_one mongo_mapreduce osp rtp_test
		skel skel_sayhi uuid_snapshot uuid_video_replace`},

	// The commands of the JSON API.
	{names: `json/status json/mediastats json/channeldata json/fsapi json/execute json/sofia.status
		json/sofia.status.info json/callcenter_config`},
	{why: program, names: `json/jsjson`},
	{why: others, names: `json/store`},
}
