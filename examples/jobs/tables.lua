-- A startup script: makes the tables of the other examples.
local db = database("users")
db:exec([[create table if not exists users (
  number text, domain text, password text, name text, context text default 'default',
  primary key (number, domain))]])
db:exec([[create table if not exists cdr (
  uuid text primary key, caller text, callee text, cause text, seconds integer, ended text)]])
freeswitch.consoleLog("info", "the tables are there")
