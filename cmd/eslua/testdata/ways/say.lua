-- say tells the test something.
function say(...)
  local words = {}
  for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
  local e = freeswitch.Event("CUSTOM", "ways::said")
  e:addHeader("Words", table.concat(words, " "))
  e:fire()
end

-- says tells all headers of an event whose values are the same in each run.
function says(of, e)
  local names = {}
  for name in e:serialize():gmatch("([^\n]-): ") do
    if not (name:find("^Event%-[DSC]") or name:find("^FreeSWITCH") or name == "Content-Length" or name:find("UUID") or name:find("[Tt]ime") or name:find("ddr") or name:find("[Ii][Pp]") or name:find("_u?epoch") or name:find("stamp")
      or name:find("_m?u?sec") or name:find("duration") or name:find("[Nn]ame") and name:find("Channel") or name:find("session_id") or name:find("uuid") or name:find("call%-id")) then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  for i, name in ipairs(names) do if name ~= names[i - 1] then say(of, name, e:getHeader(name)) end end
  say(of, "body", e:getBody())
end
