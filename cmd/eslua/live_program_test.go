package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/grant"
)

// programScript tries every API command of the FreeSWITCH with texts that run a
// program where they are taken for what they look like, and every variable, dial
// string and event of a list. It goes on when a try is refused.
const programScript = `
session:answer()
local api, tried, refused = freeswitch.API(), 0, 0
local function try(f, ...)
  tried = tried + 1
  local ok, why = pcall(f, ...)
  if not ok then refused = refused + 1 assert(tostring(why):find("grant"), why) end
end
local function texts(i)
  local uuid, touch = session:get_uuid(), "touch DIR/made-" .. i
  return {
    "system:" .. touch .. ",park inline", uuid .. " 'system:" .. touch .. ",park' inline", uuid .. " system::" .. touch:gsub(" ", "\\s"),
    "+1 " .. uuid .. " 'system::" .. touch .. "'", "+1 none system " .. touch, "${system " .. touch .. "}", "system " .. touch,
    uuid .. " api_hangup_hook system " .. touch, "{execute_on_answer='system " .. touch .. "'}loopback/park &park", "api|x|system%20" .. touch:gsub(" ", "%%20") .. "|x",
    '{"command":"fsapi","data":{"cmd":"system","arg":"' .. touch .. '"}}', "insert/r/" .. i .. "/${a}${b}",
  }
end
local s = session
for i, name in ipairs{ "api_hangup_hook", "api_reporting_hook", "execute_on_ring", "execute_on_answer_2", "api_on_answer", "api_after_bridge", "transfer_after_bridge",
  "transfer_after_early_bridge", "transfer_on_fail", "exec_after_bridge_app", "hold_music", "valet_parking_timeout", "valet_hold_music", "inline_destination", "xml",
  "fsk_uri", "record_post_process_exec_api", "record_post_process_exec_app", "group_confirm_file", "page_exten", "vm_operator_extension", "xfer_uuids", "harmless" } do
  for _, text in ipairs(texts(name)) do
    try(s.setVariable, s, name, text)
    try(s.execute, s, "set", name .. "=" .. text)
    try(s.execute, s, "export", "nolocal:" .. name .. "=" .. text)
  end
end
try(s.setVariable, s, "a", "$")
try(s.setVariable, s, "b", "{system touch DIR/made-pieces}")
try(s.execute, s, "set", "c=${a}${b}")
try(s.execute, s, "log", "INFO \\${system touch DIR/made-data}")
try(s.execute, s, "eval", "${c}${current_application_data}")
try(s.setVariable, s, "q", "back")
try(s.setVariable, s, "x", "1:api")
try(s.setVariable, s, "cmd", "system touch DIR/made-bg")
for i, leg in ipairs{ "loop${q}", "lo\\'opback", "${url_decode(loop%62ack)}", "${tolower(LOOPBACK)}" } do
  try(s.execute, s, "bridge", leg .. "/app=system:touch DIR/made-leg" .. i)
end
try(s.execute, s, "bridge", "{execute_on_${expand(echo answer)}='system touch DIR/made-name'}loopback/park")
try(s.execute, s, "multiset", "^^:a=${x}_hangup_hook=system touch DIR/made-hook")
try(s.execute, s, "eval", "${${cmd}}${expand(${cmd})}${eval(${a}${b})}")
try(api.execute, api, "expand", "uuid:" .. s.uuid .. " bgapi ${variable_cmd}")
try(api.execute, api, "bgapi", "expand uuid:" .. s.uuid .. " sched_api +1 none ${variable_cmd}")
try(api.execute, api, "eval", "uuid:" .. s.uuid .. " ${${variable_cmd}}")
for _, dial in ipairs{ "lo''opback/app=system:touch DIR/made-quotes", "loopback/app=system:touch DIR/made-1", "{execute_on_answer='system touch DIR/made-2'}loopback/park", "{api_on_answer=${c}}loopback/park" } do
  try(freeswitch.Session, dial)
end
local e = freeswitch.Event("CUSTOM", "SMS::SEND_MESSAGE")
e:addHeader("dest_proto", "api") e:addHeader("to", "system%20touch%20DIR/made-event") e:addHeader("from", "x")
try(e.fire, e)
log(session:ready())
-- These wait for the network.
local slow = { gethost = true, host_lookup = true, stun = true, sofia_dig = true, enum = true, enum_auto = true, curl = true, http_get = true, msleep = true }
for line in api:execute("show", "api"):gmatch("[^\n]+") do
  local command = line:match("^([^,]+),")
  if command and command ~= "name" and not slow[command] then
    for _, text in ipairs(texts(command)) do try(api.execute, api, command, text) end
  end
end
log(tried >= 1000, refused > 500)
session:hangup()`

// A script under the default grants runs no program on a live FreeSWITCH, whatever it
// tries. With its grant it does, so that this can fail.
func TestLiveAScriptRunsNoProgram(t *testing.T) {
	livetest.Address(t)
	dir, err := os.MkdirTemp("", "eslua-program")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil { // FreeSWITCH may be another user
		t.Fatal(err)
	}
	liveScenarios(t, []scenario{
		{name: "programsByDefault", far: answered(), script: strings.ReplaceAll(programScript, "DIR", dir), lines: []string{"true", "true true"}},
		{
			name: "programWithItsGrant", far: answered(), own: config.Flow{Grants: &grant.Grants{API: grant.Rule{Allow: []grant.Name{"system"}}}},
			script: `session:answer() freeswitch.API():execute("system", "touch ` + dir + `/granted") session:hangup()`,
		},
	}, scenario.run)
	if made, _ := filepath.Glob(filepath.Join(dir, "made-*")); len(made) > 0 {
		t.Errorf("programs ran: %q", made)
	}
	if _, err := os.Stat(filepath.Join(dir, "granted")); err != nil {
		t.Errorf("no program ran although it is granted (does the FreeSWITCH of ESLUA_LIVE run on this machine?): %v", err)
	}
}
