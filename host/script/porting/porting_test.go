package porting_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/lint"
	"github.com/eslua/eslua/host/script/porting"
)

// report returns what scripts need.
func report(t *testing.T, sources ...string) *porting.Report {
	t.Helper()
	checker := lint.New(bindings.New(bindings.Deps{}).Modules())
	r := porting.NewReport()
	for _, source := range sources {
		calls, err := checker.Calls("a.lua", source)
		if err != nil {
			t.Fatal(err)
		}
		r.Add("a.lua", calls)
	}
	return r
}

// needs returns a report's remarks, but for those on what differs, and the YAML.
func needs(r *porting.Report) (remarks []string, yaml string) {
	for _, m := range r.Remarks {
		if !strings.Contains(m.Message, "differs from mod_lua's") {
			remarks = append(remarks, m.Kind+": "+m.Message)
		}
	}
	return remarks, r.YAML()
}

func TestWhatAScriptNeeds(t *testing.T) {
	for _, c := range []struct {
		source string
		remark string // a part of the only remark; "" for none
		yaml   string // one of its lines, without blanks around it
	}{
		// connections
		{`require("socket").connect("10.0.0.1", 25)`, "grant: socket.connect connects to 10.0.0.1: the host needs a grant", `hosts: ["10.0.0.1"]`},
		{`local sock = require("socket").tcp() sock:settimeout(1) sock:connect("mail.example.com", 25)`, "grant: tcp:connect connects to mail.example.com", `hosts: ["mail.example.com"]`},
		{`require("socket").connect(argv[1], 25)`, "grant: socket.connect connects to HOST", `hosts: ["HOST"]`},
		{`local u = require("socket").udp() u:setpeername("10.0.0.1", 514) u:send("x")`, "grant: udp:setpeername connects to 10.0.0.1", `hosts: ["10.0.0.1"]`},
		{`local u = require("socket").udp4() u:sendto("x", "10.0.0.1", 514)`, "grant: udp:sendto connects to 10.0.0.1", `hosts: ["10.0.0.1"]`},
		{`local u = require("socket").udp() u:setsockname("*", 514)`, "differs: udp:setsockname: a script gets no port of its own choice", ""},
		{`require("socket").bind("*", 25)`, "differs: socket.bind: a script cannot wait for connections", ""},
		{`local http = require "socket.http" http.TIMEOUT = 5 http.request("http://api.example.com/x")`, "grant: socket.http.request asks api.example.com", `hosts: ["api.example.com"]`},
		{`require("ssl.https").request("https://api.example.com/x")`, "grant: ssl.https.request asks api.example.com", `hosts: ["api.example.com"]`},
		{`http = require("socket.http") http.request("http://api.example.com/x")`, "grant: socket.http.request asks api.example.com", `hosts: ["api.example.com"]`},
		// API commands
		{`api = freeswitch.API() api:execute("curl", url)`, `grant: the API command "curl" is not granted`, `api: {allow: ["curl"]}`},
		{`api = api or freeswitch.API() api:execute("curl", url)`, `grant: the API command "curl" is not granted`, `api: {allow: ["curl"]}`},
		{`api = freeswitch.API() function ask() return api:executeString("curl " .. url) end`, `grant: the API command "curl" is not granted`, `api: {allow: ["curl"]}`},
		{`freeswitch.API():executeString("eval uuid:" .. uuid .. " ${Channel-Call-State}")`, "", ""},
		{`freeswitch.API():executeString("expand uuid_getvar $${aleg} caller_id_name")`, "", ""},
		{`freeswitch.API():executeString("expand system echo ${x}")`, `grant: the API command "system" is not granted`, `api: {allow: ["system"]}`},
		{`freeswitch.API():executeString("eval ${system(ls)}")`, `grant: the API command "system" is not granted`, `api: {allow: ["system"]}`},
		{`require("lfs").chdir("/tmp")`, "differs: lfs.chdir raises an error", ""},
		// LuaSQL
		{`require "luasql.postgres" local env = luasql.postgres() env:connect("shop", "joe", "secret", "10.0.0.1")`, "database: the database shop is reached by its name", `shop: {dsn: "pgsql://host=10.0.0.1 dbname=shop user=USER password=PASSWORD"}`},
		{`require("luasql.sqlite3").sqlite3():connect("/srv/shop.db")`, "database: the database shop is reached by its name", `shop: {dsn: "sqlite:///srv/shop.db"}`},
		{`require("luasql.mysql").mysql():connect("shop", user, password)`, "database: the database shop is reached by its name", `databases: ["shop"]`},
		{`local env = require("luasql.mysql").mysql() env:connect("shop", "joe", "secret", "10.0.0.1", 3307)`, "database: the database shop is reached by its name", `shop: {dsn: "mariadb://Server=10.0.0.1;Port=3307;Database=shop;Uid=USER;Pwd=PASSWORD"}`},
		{`local luasql = require "luasql.mysql" local env = luasql.mysql() env:connect("shop", user, password, server)`, "database: the database shop is reached by its name", `shop: {dsn: "mariadb://Server=SERVER;Database=shop;Uid=USER;Pwd=PASSWORD"}`},
		{`require("luasql.postgres").postgres():connect("dbname=shop host=" .. host)`, "database: the database NAME is reached", `NAME: {dsn: "pgsql://host=HOST dbname=NAME user=USER password=PASSWORD"}`},
		// variables
		{`session:getVariable("agent_password")`, "", ""},
		{`session:getVariable("default_password")`, `grant: the API command "global_getvar password"`, `api: {allow: ["global_getvar password"]}`},
		// applications
		{`session:execute("bridge", "user/1000")`, "", ""},
		{`session:execute("bridge", "user/" .. argv[1])`, "", ""},
		{`session:execute("set", "a=${b}${c}")`, "", ""},
		{`session:execute("set", "r=${fifo_member(add q user/1000 1 10 10)}")`, `grant: the API command "fifo_member" is not granted`, `api: {allow: ["fifo_member"]}`},
		{`session:execute("set", "r=${user_data(" .. argv[1] .. " var x)}")`, "", ""},
		{`session:playAndGetDigits(1, 1, 1, 300, "#", "a.wav", "", "1", "x", 300, "system:ls inline")`, `grant: the application "system"`, `apps: {allow: ["system"]}`},
		{`session:execute(argv[1], "x")`, "dynamic: the application is known only", ""},
		{`session:execute("system", "ls " .. argv[1])`, `grant: the application "system" is not granted`, `apps: {allow: ["system"]}`},
		{`session:execute("bind_digit_action", "a,1,exec:" .. app .. ",x,both,self")`, "dynamic: the application is known only", ""},
		{`session:execute("lua", "b.lua")`, `grant: the application "lua"`, `apps: {allow: ["lua"]}`},
		{`session:execute("intercept", uuid)`, "dynamic: intercept acts on a channel: on one that is neither the call nor a leg of the script, it needs grants: {apps: {allow: [intercept]}}", ""},
		{`session:setVariable("api_hangup_hook", "system ls")`, `grant: the API command "system"`, `api: {allow: ["system"]}`},
		{`session:setVariable(argv[1], "system ls")`, "", ""},
		{`session:transfer("1000", "XML", "default")`, "", ""},
		// prompts and recordings
		{`session:streamFile("ivr/welcome.wav")`, "", ""},
		{`session:streamFile(sounds .. "/" .. name .. "." .. format)`, "", ""},
		{`session:streamFile("http://example.com/a.wav")`, `grant: the use "file http"`, `apps: {allow: ["file http"]}`},
		{`session:playAndGetDigits(1, 1, 1, 1000, "#", "a.wav", "shout://example.com/a.mp3", "\\d")`, `grant: the use "file shout"`, `apps: {allow: ["file shout"]}`},
		{`session:read(1, 1, "http://example.com/a.wav", 1000, "#")`, `grant: the use "file http"`, `apps: {allow: ["file http"]}`},
		{`session:recordFile("/var/rec/" .. uuid .. ".wav", 60, 200, 3)`, "", ""},
		// API commands
		{`freeswitch.API():executeString("status")`, "", ""},
		{`freeswitch.API():execute("system", "ls")`, `grant: the API command "system"`, `api: {allow: ["system"]}`},
		{`freeswitch.API():executeString(command .. " x")`, "dynamic: the API command is known only", ""},
		{`freeswitch.API():executeString("conference " .. name .. " hup all")`, `grant: the API command "conference" is not granted`, `api: {allow: ["conference"]}`},
		{`freeswitch.API():executeString("uuid_kill " .. uuid)`, "dynamic: uuid_kill acts on a channel", ""},
		{`freeswitch.API():executeString("uuid_kill " .. session:get_uuid())`, "", ""},
		{`local uuid = session:getVariable("uuid") freeswitch.API():execute("uuid_kill", uuid .. " USER_BUSY")`, "", ""},
		{`local uuid = session:get_uuid() uuid = argv[1] freeswitch.API():execute("uuid_kill", uuid)`, "dynamic: uuid_kill acts on a channel", ""},
		{`local command = "system " .. argv[1] freeswitch.API():executeString(command)`, `grant: the API command "system"`, `api: {allow: ["system"]}`},
		{`local a a = a .. "x" freeswitch.API():executeString(a)`, "dynamic: the API command is known only", ""},
		{`freeswitch.API():executeString(string.format("system ls %s %5.2f", dir, n))`, `grant: the API command "system"`, `api: {allow: ["system"]}`},
		{`freeswitch.API():executeString(("uuid_kill %s 100%%"):format(session:get_uuid()))`, "", ""},
		{`freeswitch.API():execute("sched_del", "cleanup")`, `grant: the API command "sched_del"`, `api: {allow: ["sched_del"]}`},
		{`local a = "system x" local b = a .. a local c = b .. b .. b .. b freeswitch.API():executeString(c)`, `grant: the API command "system"`, `api: {allow: ["system"]}`},
		{`freeswitch.API():executeString("bgapi " .. command)`, "dynamic: the API command is known only", ""},
		{`freeswitch.setGlobalVariable("a", "b")`, `grant: the API command "global_setvar"`, `api: {allow: ["global_setvar"]}`},
		// legs and events
		{`freeswitch.Session("user/1000")`, "", ""},
		{`freeswitch.Session(uuid)`, "", ""},
		{`freeswitch.Session("{api_on_answer='system ls'}user/1000")`, `grant: the API command "system"`, `api: {allow: ["system"]}`},
		{`freeswitch.Event("CUSTOM", "my::event")`, "", ""},
		{`freeswitch.Event("NOTIFY")`, `grant: the use "event notify"`, `apps: {allow: ["event notify"]}`},
		{`freeswitch.EventConsumer("CHANNEL_HANGUP")`, "", ""},
		{`freeswitch.EventConsumer("DTMF")`, `grant: the use "hear dtmf"`, `apps: {allow: ["hear dtmf"]}`},
		// programs, the environment, servers
		{`os.execute("ls")`, "grant: os.execute runs a program", `api: {allow: ["system"]}`},
		{`os.getenv("HOME")`, "grant: the environment variable HOME", `env: ["HOME"]`},
		{`os.getenv(argv[1])`, "", ""},
		{`http.get("https://crm.example.com/" .. argv[1])`, "grant: http.get asks crm.example.com", `hosts: ["crm.example.com"]`},
		{`http.get("https://" .. argv[1] .. "/x")`, "grant: http.get asks HOST", `hosts: ["HOST"]`},
		{`http.get(argv[1])`, "grant: http.get asks HOST", `hosts: ["HOST"]`},
		{`freeswitch.email("a@example.com", "b@example.com", "Subject: x", "x")`, "grant: mail to a@example.com needs a grant", `mail: ["a@example.com"]`},
		{`freeswitch.email(to, "b@example.com", "Subject: x", "x")`, "grant: mail to *@example.com needs a grant", `mail: ["*@example.com"]`},
		{`session:transfer("1000", dialplan)`, "dynamic: whether session:transfer needs a grant is known only when the script runs", ""},
		{`local ESL = require "ESL" ESL.ESLconnection("10.0.0.1", "8021", "ClueCon")`, "grant: a connection to 10.0.0.1 needs a grant", `hosts: ["10.0.0.1"]`},
		{`ESL.ESLconnection(1)`, "", ""},
		{`local h = require "socket.http" h.request("http://a.example.com/")`, "grant: socket.http.request asks a.example.com", `hosts: ["a.example.com"]`},
		{`local s = require("socket").tcp() s:connect("a.example.com", 80)`, "grant: tcp:connect connects to a.example.com", `hosts: ["a.example.com"]`},
		{`dofile("lib/a.lua")`, "", ""},
		{`dofile("/opt/a.lua")`, "differs: dofile runs /opt/a.lua, but only scripts of the script directory run", ""},
	} {
		remarks, yaml := needs(report(t, c.source))
		switch {
		case c.remark == "" && (len(remarks) > 0 || yaml != ""):
			t.Errorf("%s: a false alarm: %q %s", c.source, remarks, yaml)
		case c.remark != "" && (len(remarks) != 1 || !strings.HasPrefix(remarks[0], c.remark)):
			t.Errorf("%s: %q, want %q", c.source, remarks, c.remark)
		case !hasLine(yaml, c.yaml), c.yaml == "" && yaml != "":
			t.Errorf("%s: the YAML is\n%s, want %q", c.source, yaml, c.yaml)
		}
	}
}

func hasLine(text, line string) bool {
	return line == "" || slices.ContainsFunc(strings.Split(text, "\n"), func(l string) bool { return strings.TrimSpace(l) == line })
}

func TestWhatFilesNeed(t *testing.T) {
	for source, want := range map[string]string{
		`require("lfs").dir("/srv/prompts/")`:              `grant: lfs.dir reads /srv/prompts/: its directory needs a grant (grants: read:) read: ["/srv/prompts"]`,
		`require("lfs").attributes("lists/a.csv", "mode")`: "",
		`local lfs = require "lfs" lfs.mkdir("/srv/new")`:  `grant: lfs.mkdir changes /srv/new: its directory needs a grant (grants: write:) write: ["/srv"]`,
		`require("lfs").lock_dir("/srv/calls")`:            `grant: lfs.lock_dir changes /srv/calls/lockfile.lfs: its directory needs a grant (grants: write:) write: ["/srv/calls"]`,
		`io.open("menu.txt")`:                              "",
		`io.open("data/menu.txt", "rb")`:                   "",
		`io.open("data/" .. argv[1], "r")`:                 "",
		`io.open("x.log", "a")`:                            "differs: io.open changes x.log, but files of the script directory are only read",
		`local lfs = require "lfs" lfs.dir("/var/spool")`:  `grant: lfs.dir reads /var/spool/: its directory needs a grant (grants: read:) read: ["/var/spool"]`,
		`for line in io.lines("/etc/hosts") do end`:        `grant: io.lines reads /etc/hosts: its directory needs a grant (grants: read:) read: ["/etc"]`,
		`for line in io.lines("hosts.txt") do end`:         "",
		`os.remove("x.log")`:                               "differs: os.remove changes x.log",
		`io.open("/etc/hosts")`:                            `grant: io.open reads /etc/hosts: its directory needs a grant (grants: read:) read: ["/etc"]`,
		`io.open("/var/log/x.log", "a")`:                   `grant: io.open changes /var/log/x.log: its directory needs a grant (grants: write:) write: ["/var/log"]`,
		`io.open("/var/log/x.log", "r+")`:                  `grant: io.open changes /var/log/x.log: its directory needs a grant (grants: write:) write: ["/var/log"]`,
		`io.open("/var/log/" .. name .. ".log", "w")`:      `grant: io.open changes /var/log/....log: its directory needs a grant (grants: write:) write: ["/var/log"]`,
		`io.open("/var/log/" .. day .. "/x.log", "w")`:     `grant: io.open changes /var/log/.../x.log: its directory needs a grant (grants: write:) write: ["/var/log"]`,
		`io.open("/var/log/call" .. n .. ".log", "w")`:     `grant: io.open changes /var/log/call....log: its directory needs a grant (grants: write:) write: ["/var/log"]`,
		`io.open("/" .. name, "w")`:                        `grant: io.open changes /...: its directory needs a grant (grants: write:) write: ["/DIRECTORY"]`,
		`io.open(argv[1])`:                                 `grant: io.open reads a file: its directory needs a grant (grants: read:) read: ["/DIRECTORY"]`,
		`io.open(directory .. "/x.log", mode)`:             `grant: io.open changes .../x.log: its directory needs a grant (grants: write:) write: ["/DIRECTORY"]`,
		`os.rename(a, b)`:                                  `grant: os.rename changes a file: its directory needs a grant (grants: write:) write: ["/DIRECTORY"]`,
		`local log = "/var/log/x.log" io.open(log, "a")`:   `grant: io.open changes /var/log/x.log: its directory needs a grant (grants: write:) write: ["/var/log"]`,
		`os.remove("/tmp/" .. session:get_uuid() .. ".x")`: `grant: os.remove changes /tmp/....x: its directory needs a grant (grants: write:) write: ["/tmp"]`,
	} {
		remarks, yaml := needs(report(t, source))
		got := strings.TrimSpace(strings.Join(remarks, "; ") + " " + strings.TrimSpace(strings.TrimPrefix(yaml, "grants:\n")))
		if got != want && (!strings.HasPrefix(want, "differs") || !strings.HasPrefix(got, want)) {
			t.Errorf("%s:\n got %s\nwant %s", source, got, want)
		}
	}
}

// TestDatabases: the YAML to paste holds no name and no password of the script's, and the
// configuration takes it.
func TestDatabases(t *testing.T) {
	for dsn, want := range map[string]string{
		`"pgsql://host=db.lan dbname=shop user=joe password=secret"`:                      `shop: {dsn: "pgsql://host=db.lan dbname=shop user=USER password=PASSWORD"}`,
		`"pgsql://hostaddr=10.0.0.1 dbname=shop user='j o' password='s e\\'cret' port=1"`: `shop: {dsn: "pgsql://hostaddr=10.0.0.1 dbname=shop user=USER password=PASSWORD port=1"}`,
		`"pgsql://host = db.lan dbname=shop password = secret"`:                           `shop: {dsn: "pgsql://host = db.lan dbname=shop password=PASSWORD"}`,
		`"pgsql://host=db.lan dbname=shop user=joe password=" .. password`:                `shop: {dsn: "pgsql://host=db.lan dbname=shop user=USER password=PASSWORD"}`,
		`"pgsql://host=" .. host .. " dbname=shop"`:                                       `shop: {dsn: "pgsql://host=NAME dbname=shop"}`,
		`"postgresql://joe:secret@db.lan/shop"`:                                           `shop: {dsn: "postgresql://USER:PASSWORD@db.lan/shop"}`,
		`"postgresql://joe:sec/r@et@db.lan:5432/shop"`:                                    `shop: {dsn: "postgresql://USER:PASSWORD@db.lan:5432/shop"}`,
		`"mariadb://joe:secret@db.lan:3306/shop"`:                                         `shop: {dsn: "mariadb://USER:PASSWORD@db.lan:3306/shop"}`,
		`"mariadb://Server=db.lan;Database=shop;Uid=joe;Pwd=secret;"`:                     `shop: {dsn: "mariadb://Server=db.lan;Database=shop;Uid=USER;Pwd=PASSWORD;"}`,
		`"odbc://shop:joe:secret"`:                                                        `shop: {dsn: "pgsql://host=HOST dbname=shop user=USER password=PASSWORD"}`,
		`"shop", "joe", "secret"`:                                                         `shop: {dsn: "pgsql://host=HOST dbname=shop user=USER password=PASSWORD"}`,
		`"shop:joe:secret"`:                                                               `shop: {dsn: "pgsql://host=HOST dbname=shop user=USER password=PASSWORD"}`,
		`"sqlite://shop"`:                                                                 `shop: {dsn: "sqlite:///var/lib/eslua/shop.db"}`,
		`"sqlite://shop.db"`:                                                              `shop: {dsn: "sqlite:///var/lib/eslua/shop.db"}`,
		`"sqlite:///srv/shop.sqlite"`:                                                     `shop: {dsn: "sqlite:///srv/shop.sqlite"}`,
		`argv[1]`:                                                                         `NAME: {dsn: "sqlite:///var/lib/eslua/NAME.db"}`,
	} {
		r := report(t, "local dbh = freeswitch.Dbh("+dsn+")")
		remarks, yaml := needs(r)
		if len(remarks) != 1 || !strings.HasPrefix(remarks[0], "database: ") || !hasLine(yaml, want) {
			t.Errorf("%s: %q\n%s, want %s", dsn, remarks, yaml, want)
		}
		all := fmt.Sprintf("%+v %s", r, yaml)
		if strings.Contains(all, "joe") || strings.Contains(all, "sec") {
			t.Errorf("%s: who and with which password is told: %s", dsn, all)
		}
		c, err := config.Parse("e.yaml", []byte(yaml))
		if err != nil || len(c.Databases) != 1 || c.MisspeltGrants("") != nil || len(c.Grants.Databases) != 1 {
			t.Errorf("%s: the configuration does not take it: %v\n%s", dsn, err, yaml)
		}
	}
}

// TestAReportOnSeveralScripts: names are counted, differences told once, and the YAML is
// that of all.
func TestAReportOnSeveralScripts(t *testing.T) {
	r := report(t,
		`session:execute("answer") session:execute("playback", "a.wav") os.execute("ls")`,
		`session:execute("playback", "b.wav") freeswitch.API():executeString("status") local f = io.open("/srv/x", "w") http.get("http://a.example.com")
		freeswitch.API():executeString("uuid_kill " .. a) freeswitch.API():executeString("uuid_kill " .. b)`)
	if got := fmt.Sprint(r.Applications, r.Commands); got != "map[answer:1 playback:2] map[status:1 uuid_kill:2]" {
		t.Errorf("counted %s", got)
	}
	told := map[string]int{}
	for _, m := range r.Remarks {
		name, _, _ := strings.Cut(m.Message, " ")
		told[m.Kind+" "+name]++
	}
	if told["differs session:execute"] != 1 || told["dynamic uuid_kill"] != 1 {
		t.Errorf("told %v", told)
	}
	if want := "grants:\n  api: {allow: [\"system\"]}\n  hosts: [\"a.example.com\"]\n  write: [\"/srv\"]\n"; r.YAML() != want {
		t.Errorf("the YAML is\n%s", r.YAML())
	}
}
