-- eslua test examples/campaign
local carrier = "sofia/gateway/carrier/"

-- answers returns somebody who presses a digit two seconds into the prompt.
local function answers(digit) return {answers = 4, on = {["your-appointment.wav"] = "wait 2, press " .. digit}} end

test("the list is dialled in the hours of the callees, and again who is busy", function(t)
  t:date("2026-11-30 15:00 Z") -- a Monday: 09:00 in Chicago, 16:00 in Berlin
  t:api("module_exists mod_avmd", "false")
  t:phone(carrier .. "+49305550101", answers("1"))
  t:phone(carrier .. "+49305550102", {cause = "USER_BUSY", after = 2})
  t:phone(carrier .. "+442079460103", answers("9"))
  t:phone(carrier .. "+12125550104", {answers = false})
  t:wait(3600)
  t:expect{legs = {
    carrier .. "+49305550101 NORMAL_CLEARING", carrier .. "+49305550102 USER_BUSY", carrier .. "+442079460103 NORMAL_CLEARING",
    carrier .. "+12125550104 NO_ANSWER", carrier .. "+49305550102 USER_BUSY", carrier .. "+12125550104 NO_ANSWER", carrier .. "+49305550102 USER_BUSY",
  }, log = {"reminders: 4 numbers are new, 1 were known, 0 cannot be dialled"}}
  assert(t:kept("dnc", "+442079460103") == "2026-11-30" and not t:kept("dnc", "+49305550101"))
end)

test("what the callee presses is the result", function(t)
  t:api("module_exists mod_avmd", "false")
  for digit, result in pairs{["1"] = "confirmed", ["2"] = "cancelled by callee", ["9"] = "opted out"} do
    local call = t:call{flow = "remind", variables = {campaign_number = "+49305550101"}, on = {["your-appointment.wav"] = "press " .. digit}}
    call:expect{heard = {"your-appointment.wav", "good-bye.wav"}, variables = {campaign_result = result}}
  end
end)

test("who hangs up breaks nothing", function(t)
  t:api("module_exists mod_avmd", "false")
  t:hangups{flow = "remind", variables = {campaign_number = "+49305550101"}, on = {["your-appointment.wav"] = "press 9"}}
end)
