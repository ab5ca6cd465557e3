-- eslua test examples/jobs
local user = {section = "directory", tag_name = "domain", key_name = "name", key_value = "example.org", user = "1000", domain = "example.org"}

test("a user of the database is found, and another is not", function(t)
  t:database("users", "CREATE TABLE users (number, domain, password, name, context); INSERT INTO users VALUES ('1000', 'example.org', 'secret', 'Ada & Co', 'default')")
  local found = t:lookup(user)
  assert(found:find('<user id="1000">', 1, true) and found:find("Ada &#38; Co", 1, true), found)
  user.user = "1001"
  assert(t:lookup(user):find("not found"))
end)

test("mod_callcenter's configuration comes from the database", function(t)
  t:database("callcenter", [[
    CREATE TABLE queues (name, strategy, moh, max_wait); INSERT INTO queues VALUES ('sales@example.org', 'longest-idle-agent', 'local_stream://moh', 60);
    CREATE TABLE agents (name, contact, status, max_no_answer); CREATE TABLE tiers (agent, queue, level, position)]])
  local found = t:lookup{section = "configuration", tag_name = "configuration", key_name = "name", key_value = "callcenter.conf"}
  assert(found:find('<queue name="sales@example.org"', 1, true), found)
end)

test("a call that ends becomes a record", function(t)
  t:config{flows = {nosuch = {fallback = "hangup USER_BUSY"}}}
  t:call{flow = "nosuch", caller = "0301234", called = "100"}:expect{error = "not among the scripts", cause = "USER_BUSY"}
  t:wait(1) -- the hook runs beside the call
  local rows = t:rows("users", "SELECT * FROM cdr")
  assert(#rows == 1 and rows[1].caller == "0301234" and rows[1].cause == "USER_BUSY", #rows)
end)
