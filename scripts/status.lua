-- status: prints what FreeSWITCH says of itself.
--
--   eslua run status
--   eslua run --node fs2 status

print(freeswitch.API():execute("status"))
