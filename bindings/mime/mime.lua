local mime = ...
local ltn12 = require "ltn12"
local cycle = ltn12.filter.cycle

local function choose(filters, name, ...)
  local filter = filters[name or "default"]
  if not filter then error("unknown key (" .. tostring(name) .. ")", 3) end
  return filter(...)
end

local encoders, decoders, wrappers = {}, {}, {}
function encoders.base64() return cycle(mime.b64, "") end
encoders.default = encoders.base64
encoders["quoted-printable"] = function(mode) return cycle(mime.qp, "", mode == "binary" and "=0D=0A" or "\r\n") end
function decoders.base64() return cycle(mime.unb64, "") end
decoders.default = decoders.base64
decoders["quoted-printable"] = function() return cycle(mime.unqp, "") end
function wrappers.text(length) length = length or 76 return cycle(mime.wrp, length, length) end
wrappers.base64, wrappers.default = wrappers.text, wrappers.text
wrappers["quoted-printable"] = function(length) length = length or 76 return cycle(mime.qpwrp, length, length) end

function mime.encode(name, mode) return choose(encoders, name, mode) end
function mime.decode(name) return choose(decoders, name) end
function mime.wrap(name, length) if type(name) == "number" then name, length = nil, name end return choose(wrappers, name, length) end
function mime.normalize(marker) return cycle(mime.eol, 0, marker) end
return mime
