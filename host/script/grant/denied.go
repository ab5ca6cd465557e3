package grant

// Why a command or an application is denied unless the configuration allows it.
const (
	program = "runs a program or a script on the switch"
	file    = "reads or writes any file of the switch"
	module  = "loads, unloads or configures parts of the switch"
	control = "stops or steers the whole switch"
	others  = "changes other calls wholesale"
	secret  = "shows passwords of the switch"
	escape  = "hands the call or the commands to a program without these grants"
)

// deniedAPI lists the API commands that need a grant, out of all that
// SWITCH_ADD_API registers in FreeSWITCH's source. Commands that affect one call or
// only read the state of the switch need none (originate, uuid_*, conference,
// sofia_contact, callcenter_config, fifo, db, hash, curl to the web, user_data):
// scripts depend on them.
var deniedAPI = map[string]string{
	// mod_commands
	"system": program, "bg_system": program, "spawn": program, "bg_spawn": program, "spawn_stream": program,
	"load": module, "unload": module, "reload": module,
	"reloadxml": module, // runs the exec pre-processor lines of the configuration, too
	"reloadacl": module, "reloadcert": module,
	"fsctl": control, "shutdown": control, "...": control, // "..." is shutdown's other name
	"hupall": others, "limit_reset": others,
	"alias":   control, // gives the admin's own commands another meaning
	"nat_map": control, "getenv": secret,
	"xml_locate": secret, // the whole configuration
	// languages
	"lua": program, "luarun": program, "perl": program, "perlrun": program,
	"python": program, "pyrun": program, "basic": program, "java": program,
	"jsrun": program, "jsapi": program, "jskill": others, "jsmon": control,
	"managed": program, "managedrun": program, "managedreload": module,
	"erlang": escape,
	// files
	"curl_sendfile": file, "http_put": file, "voicemail_inject": file, "vm_inject": file,
	curlFile: file,
	// control of other modules
	"sofia profile": others, "sofia global": others, "sofia recover": others,
	"sofia loglevel": control, "sofia tracelevel": control,
	"local_stream start": others, "local_stream stop": others, "local_stream reload": others, "local_stream hup": others,
	"hash_remote": control, "lcr_admin": control, "distributor_ctl": control,
	"console": control, "cdr_csv": file, "xml_curl": secret, "xml_ldap": control, "xml_scgi": control,
	"skinny": control, "alsa": control, "signalwire": control,
	// command channels of their own
	"event_sink": escape, "single_esl": escape,
}

// deniedApps lists the dialplan applications that need a grant, out of all that
// SWITCH_ADD_APP registers.
var deniedApps = map[string]string{
	"system": program, "bgsystem": program,
	"lua": program, "javascript": program, "perl": program, "python": program,
	"java": program, "basic": program, "managed": program,
	shellStream: program,
	"mkdir":     file, "rename": file, "curl_sendfile": file, "msrp_send_file": file, "msrp_recv_file": file,
	"socket": escape, "erlang": escape, "erlang_sendmsg": escape,
	"httapi": escape, // runs the applications a web server names
}

// These are not registered names but equally dangerous uses of an argument; the
// configuration grants them like a command or an application.
const (
	curlFile    = "curl file" // curl with another scheme than http and https
	shellStream = "shell_stream"
)
