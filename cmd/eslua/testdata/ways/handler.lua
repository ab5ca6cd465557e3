-- One script answers for all sections, as lua.conf has it.
require "say"
local r = XML_REQUEST
if r.section ~= "configuration" or r.key_value:find("^ways") then
  say("asked", #argv, table.concat(argv, "|"), r.section, r.tag_name, r.key_name, r.key_value, type(session), type(stream))
  if params then says("params", params) else say("params", "none") end
end
local function get(name) return params and params:getHeader(name) end

local answers = {}

function answers.directory()
  if (get("domain") or r.key_value) ~= "example.org" then return "" end
  return [[<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml">
  <section name="directory">
    <domain name="example.org" alias="true">
      <params><param name="dial-string" value="null/${dialed_user}"/></params>
      <variables><variable name="of_domain" value="ü &amp; &lt;x&gt;"/></variables>
      <groups><group name="sales"><users>
        <user id="1000" number-alias="zoe" cacheable="false">
          <params><param name="password" value="s&amp;'cret"/><param name="dial-string" value="{^^:presence_id=${dialed_user}@${dialed_domain}}null/x"/></params>
          <variables><variable name="effective_caller_id_name" value="Zoë &quot;Z&quot;"/><variable name="user_context" value="default"/></variables>
        </user>
        <user id="1001" type="pointer"/>
      </users></group></groups>
    </domain>
  </section>
</document>]]
end

function answers.dialplan()
  local number = get("Caller-Destination-Number")
  if number == "actions" then return require "plan" and nil end
  if number == "none" then return nil end
  if number == "empty" then return "" end
  if number == "broken" then return "<document><section>" end
  if number == "error" then error("no plan") end
  if number == "notfound" then
    return [[<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>]]
  end
  return [=[<document type="freeswitch/xml"><section name="dialplan"><context name="]=] .. get("Caller-Context") .. [=[">
  <!-- a comment -->
  <extension name="first" continue="true"><condition field="destination_number" expression="^plan(\d+)$" break="on-false"/>
    <condition field="${own}" expression="^(\d)$"><action application="set" data="group=$1" inline="true"/><anti-action application="set" data="group=anti"/></condition>
  </extension>
  <extension name="second">
    <condition regex="any"><regex field="destination_number" expression="^plan1$"/><regex field="caller_id_number" expression="^none$"/>
      <action application="set" data="any=or"/></condition>
    <condition field="destination_number" expression="^plan(\d)(\d*)$"><action application="set"><![CDATA[both=$1 & $2 <>]]></action>
      <action application="answer"/><action application="hangup" data="USER_BUSY"/></condition>
  </extension>
</context></section></document>]=]
end

function answers.configuration()
  if r.key_value == "ways.conf" then
    return [[<document type="freeswitch/xml"><section name="configuration"><configuration name="ways.conf"><settings><param name="a" value="b &amp; c"/></settings></configuration></section></document>]]
  end
  if r.key_value == "acl.conf" then
    return [[<document type="freeswitch/xml"><section name="configuration"><configuration name="acl.conf"><network-lists><list name="ways" default="deny"><node type="allow" cidr="192.0.2.0/24"/></list></network-lists></configuration></section></document>]]
  end
end

function answers.phrases()
  return [[<document type="freeswitch/xml"><section name="phrases"><macros><macro name="ways"><input pattern="^(\d+)$"><match><action function="play-file" data="tone_stream://%(20,0,$1)"/><action function="execute" data="set(phrased=$1)"/></match></input></macro></macros></section></document>]]
end

function answers.languages()
  return [[<document type="freeswitch/xml"><section name="languages"><language name="en" say-module="en" sound-prefix="/nowhere"><phrases><macros><macro name="ways"><input pattern="^(\d+)$"><match><action function="play-file" data="tone_stream://%(20,0,$1)"/><action function="execute" data="set(phrased=$1)"/></match></input></macro></macros></phrases></language></section></document>]]
end

function answers.chatplan()
  return [[<document type="freeswitch/xml"><section name="chatplan"><context name="default"><extension name="x"><condition field="to" expression="^(ways.*)$"><action application="set" data="chatted=$1"/><action application="fire" data="ways::chatted"/></condition></extension></context></section></document>]]
end

local answer = answers[r.section]
if answer then XML_STRING = answer() end
