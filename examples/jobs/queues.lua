-- Answers mod_callcenter's lookup of its configuration: queues, agents and tiers come from
-- PostgreSQL. callcenter_config queue load NAME@DOMAIN and agent reload NAME look it up again.
local db = database("callcenter")

local function xml(text)
  return (tostring(text or ""):gsub("[<>&\"']", function(c) return "&#" .. c:byte() .. ";" end))
end

local parts = {}
local function add(format, ...)
  local values = {...}
  for i, v in ipairs(values) do values[i] = xml(v) end
  parts[#parts + 1] = string.format(format, unpack(values))
end

add('<document type="freeswitch/xml"><section name="configuration"><configuration name="callcenter.conf"><settings/><queues>')
for _, q in ipairs(db:all("select name, strategy, moh, max_wait from queues order by name")) do
  add('<queue name="%s"><param name="strategy" value="%s"/><param name="moh-sound" value="%s"/><param name="max-wait-time" value="%s"/></queue>',
    q.name, q.strategy, q.moh, q.max_wait)
end
add('</queues><agents>')
for _, a in ipairs(db:all("select name, contact, status, max_no_answer from agents order by name")) do
  add('<agent name="%s" type="callback" contact="%s" status="%s" max-no-answer="%s" wrap-up-time="10" reject-delay-time="10" busy-delay-time="60"/>',
    a.name, a.contact, a.status, a.max_no_answer)
end
add('</agents><tiers>')
for _, t in ipairs(db:all("select agent, queue, level, position from tiers order by queue, level, position, agent")) do
  add('<tier agent="%s" queue="%s" level="%s" position="%s"/>', t.agent, t.queue, t.level, t.position)
end
add('</tiers></configuration></section></document>')
XML_STRING = table.concat(parts, "\n")
