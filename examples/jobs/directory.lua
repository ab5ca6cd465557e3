-- Answers FreeSWITCH's lookups of a user from the table users.
local user = params and params:getHeader("user")
local domain = params and params:getHeader("domain") or XML_REQUEST.key_value
if not user then return end -- a lookup of gateways or of a whole domain: not found

local row = database("users"):one("select password, name, context from users where number = ? and domain = ?", user, domain)
if not row then return end

local function xml(text)
  return (tostring(text or ""):gsub("[<>&\"']", function(c) return "&#" .. c:byte() .. ";" end))
end

XML_STRING = string.format([[
<document type="freeswitch/xml">
  <section name="directory">
    <domain name="%s">
      <params>
        <param name="dial-string" value="{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}${sofia_contact(*/${dialed_user}@${dialed_domain})}"/>
      </params>
      <user id="%s">
        <params>
          <param name="password" value="%s"/>
        </params>
        <variables>
          <variable name="user_context" value="%s"/>
          <variable name="effective_caller_id_name" value="%s"/>
          <variable name="effective_caller_id_number" value="%s"/>
        </variables>
      </user>
    </domain>
  </section>
</document>]], xml(domain), xml(user), xml(row.password), xml(row.context), xml(row.name), xml(user))
