package reference

// modLuaGlobals are the globals that mod_lua sets for its scripts, or reads from them
// (mod_lua.cpp), besides those that a mod_lua tells by itself.
const modLuaGlobals = "session argv __Input_Event__ stream env event message params XML_REQUEST "

// waysIn says how eslua does what mod_lua's configuration and commands do.
func waysIn() []row {
	const (
		noEntry = "FreeSWITCH lets no client of its event socket add commands or answer lookups"
		moved   = "in the dialplan, write socket HOST:PORT/x/a/b async full instead of lua x.lua a b"
	)
	return []row{
		{"application lua", differs, moved + "; it is neither run inline nor for a channel that is down"},
		{"command lua, ${lua(...)}", notThere, noEntry + "; print and stream:write go to the log"},
		{"command luarun", differs, "eslua run SCRIPT [ARGS], on eslua's machine"},
		{"chat application lua", notThere, noEntry},
		{"dialplan LUA (ACTIONS)", differs, "a script of the setting xml that answers for the section dialplan may set ACTIONS, which becomes an extension"},
		{"api_hangup_hook=lua", differs, "the setting flows: FLOW: on_hangup, for calls that the flow has served; env holds the channel's data"},
		{"lua.conf: startup-script", differs, "the setting startup"},
		{"lua.conf: hook", differs, "the setting hooks; a hook runs beside FreeSWITCH's events, which it does not hold up"},
		{"lua.conf: xml-handler-script (XML_STRING)", differs, "the setting xml; FreeSWITCH asks with mod_xml_curl"},
		{"lua.conf: script-directory", differs, "the setting scripts names one directory; require finds a.b as a/b.lua in it"},
		{"lua.conf: module-directory", notThere, "eslua loads no modules in C"},
	}
}
