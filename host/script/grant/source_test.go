package grant

import (
	"bufio"
	"cmp"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The tables are held to FreeSWITCH's source. ESLUA_FREESWITCH_SRC names a checkout;
// what is found there is recorded in testdata/freeswitch.txt, so that the same
// demands hold where there is none. To record another version:
//
//	ESLUA_FREESWITCH_SRC=/usr/src/freeswitch go test ./host/script/grant -run Source -update
//
// and then give each new name that the tests report its place in a table.
var update = flag.Bool("update", false, "record what FreeSWITCH's source has")

const recordedSource = "testdata/freeswitch.txt"

// sinks are the functions of FreeSWITCH that execute, transfer, call, expand or set
// what they are told, without their switch_ in front.
var sinks = set(`ivr_session_transfer ivr_bg_transfer core_session_execute_application
	core_session_execute_application_get_flags core_session_execute_application_async core_session_exec
	core_session_execute_exten api_execute json_api_execute ivr_broadcast ivr_broadcast_in_thread
	ivr_schedule_broadcast ivr_schedule_transfer ivr_originate ivr_enterprise_originate
	caller_extension_add_application caller_extension_add_application_printf loadable_module_get_dialplan_interface
	channel_expand_variables channel_expand_variables_check event_expand_headers event_expand_headers_check
	system stream_system stream_system_fork spawn stream_spawn loadable_module_load_module ivr_parse_event
	core_session_queue_private_event core_session_queue_event channel_execute_on channel_api_on
	channel_execute_on_value ivr_phrase_macro_event ivr_phrase_macro play_and_get_digits
	ivr_bind_dtmf_meta_session ivr_tone_detect_session ivr_dmachine_bind limit_incr core_chat_send
	core_chat_send_args core_chat_deliver event_create_brackets channel_set_variable_name_printf capture_regex
	regex_set_var_callback core_set_variable core_set_var_conditional ivr_eavesdrop_session
	ivr_intercept_session event_fire ivr_play_file ivr_record_session ivr_record_session_event ivr_uuid_bridge`)

// fileSinks lists the functions that open, make or delete files and directories. Those
// that read_source finds with a variable beside them take its value for a name, or may.
var fileSinks = set(`fopen unlink remove rename mkdir file_open file_remove file_rename file_copy dir_make dir_make_recursive
	core_file_open core_perform_file_open xml_parse_file xml_parse_file_simple http_parse_header TIFFOpen`)

// A source holds what FreeSWITCH's source registers and reads.
type source struct {
	registered map[string][]string // "API uuid_limit" and the sinks that it reaches in its module
	variables  map[string]bool     // read in a function that calls a sink
	files      map[string]bool     // read in a function that opens, makes or deletes a file
	channels   map[string]bool     // read, and taken for a channel
	formats    map[string]bool     // by which the name of a file may begin or end
	queries    map[string]bool     // "mod_voicemail.c voicemail_check_main": a query with a value in plain quotes
	events     map[string]bool     // "CUSTOM sms::send_message": events on which FreeSWITCH acts
}

func (s *source) lines() (out []string) {
	for name, calls := range s.registered {
		out = append(out, strings.TrimSpace(name+": "+strings.Join(calls, " ")))
	}
	for kind, names := range map[string]map[string]bool{"variable": s.variables, "event": s.events, "file": s.files, "channel": s.channels, "format": s.formats, "query": s.queries} {
		for name := range names {
			out = append(out, kind+" "+name)
		}
	}
	slices.Sort(out)
	return out
}

// recorded reads the recorded source.
func recorded(t *testing.T) *source {
	t.Helper()
	f, err := os.Open(recordedSource)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := newSource()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, calls, _ := strings.Cut(lines.Text(), ":")
		switch kind, rest, _ := strings.Cut(lines.Text(), " "); kind {
		case "variable":
			s.variables[rest] = true
		case "event":
			s.events[rest] = true
		case "file":
			s.files[rest] = true
		case "channel":
			s.channels[rest] = true
		case "format":
			s.formats[rest] = true
		case "query":
			s.queries[rest] = true
		default:
			s.registered[name] = strings.Fields(calls)
		}
	}
	return s
}

func newSource() *source {
	return &source{map[string][]string{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

func TestSourceIsTheRecordedOne(t *testing.T) {
	dir := os.Getenv("ESLUA_FREESWITCH_SRC")
	if dir == "" {
		if *update {
			t.Fatal("set ESLUA_FREESWITCH_SRC to a checkout of FreeSWITCH")
		}
		return
	}
	text := strings.Join(readSource(t, filepath.Join(dir, "src")).lines(), "\n") + "\n"
	if *update {
		if err := os.WriteFile(recordedSource, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	old, err := os.ReadFile(recordedSource)
	if err != nil {
		t.Fatal(err)
	}
	if string(old) != text {
		t.Errorf("%s has other names or calls than %s; record it with -update and look at the difference", dir, recordedSource)
	}
}

// withChannels are sinks that do nothing else than to connect the channels that they
// are told, which are checked.
var withChannels = set(`ivr_eavesdrop_session ivr_intercept_session ivr_play_file`)

// Every command and application has a place in a table, and one that needs no grant
// but reaches a sink has its argument read, names a channel that is checked, or has a
// note that says why not.
func TestSourceHasNothingThatTheTablesLack(t *testing.T) {
	noted := map[string]bool{}
	for kind, rows := range map[string][]row{"api": apiRows, "app": appRows} {
		for _, r := range rows {
			for _, name := range strings.Fields(r.names) {
				noted[kind+" "+name] = r.note != ""
			}
		}
	}
	c := (&Grants{}).check()
	for entry, calls := range recorded(t).registered {
		kind, name, _ := strings.Cut(strings.ToLower(entry), " ")
		var names table
		read := false
		switch kind {
		case "api":
			names = apiTable
			if silentAPI[name] && len(calls) > 0 {
				t.Errorf("%s is said to be silent, and reaches %v", entry, calls)
			}
			read, _ = c.apiArgument(name, "", "")
			read = read || name == "uuid_bridge"
		case "json_api":
			names, name, read = apiTable, "json "+name, true // json.go
		case "app":
			names = appTable
			read, _ = c.appArgument(name, "", "")
			read = read || len(appChannels[name]) > 0 && !slices.ContainsFunc(calls, func(call string) bool { return !withChannels[call] })
		case "dialplan":
			names, read = dialplanTable, true
		case "chat":
			names, read = chatTable, true
		case "chat_app":
			continue // the chatplan executes them, which is the admin's
		}
		_, why := names.need(name, "")
		switch {
		case why == unknown && !names.bySubcommand(name):
			t.Errorf("%s is in no table; it reaches %v", entry, calls)
		case why == "" && len(calls) > 0 && !read && !noted[kind+" "+name]:
			t.Errorf("%s needs no grant and nothing reads its argument, although it reaches %v", entry, calls)
		}
	}
}

// noChannels lists the variables whose values stand in another C variable of the name of one
// that is taken for a channel.
var noChannels = set(`default_language rtmp_attach_on_hangup`)

// Every variable that FreeSWITCH takes for the name of a channel on which it acts is checked
// as one.
func TestSourceTakesNoOtherVariableForAChannel(t *testing.T) {
	channels := recorded(t).channels
	if len(channels) < 10 {
		t.Fatalf("only %d are recorded", len(channels))
	}
	for name := range channels {
		if carriers[name] != namesChannels && !noChannels[name] {
			t.Errorf("FreeSWITCH acts on the channel that the variable %s names: it is not checked", name)
		}
	}
}

// Every variable that FreeSWITCH reads where it executes, transfers, calls, expands, or
// opens, makes or deletes a file is a carrier, or harmless by decision.
func TestSourceReadsNoVariableWithoutAVerdict(t *testing.T) {
	source := recorded(t)
	for file, variables := range map[string]map[string]bool{"testdata/harmless.txt": source.variables, "testdata/harmless_files.txt": source.files} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		decided := set(string(text))
		for name := range variables {
			if !carries(name) && !decided[name] {
				t.Errorf("the variable %s has no verdict: make it a carrier, or write it into %s", name, file)
			}
		}
		for name := range decided {
			if carries(name) || !variables[name] {
				t.Errorf("%s has %s, which is a carrier, or which FreeSWITCH does not read", file, name)
			}
		}
	}
}

// Every format of files is known to read and write files only, or says why it needs a
// grant.
func TestSourceHasNoFormatWithoutAVerdict(t *testing.T) {
	for name := range recorded(t).formats {
		if _, needs := formats[name]; needs == (endings[name] || streamFormats[name]) {
			t.Errorf("the format %s is in none of the lists of file.go, or in two", name)
		}
	}
}

// quotedQueries lists the queries into which FreeSWITCH puts a value in plain quotes, and
// what keeps a script's value out of them.
var quotedQueries = map[string]string{
	"sofia_reg.c sofia_reg_auth_challenge": "FreeSWITCH's own uuid",
	"mod_osp.c osp_cleanup_osptk":          "no query, but a message for the log",
	"mod_voicemail.c voicemail_check_main": "the domain of the application voicemail (shared.go:mailbox)",
}

// A value that a script stores is no part of a query.
func TestSourceHasNoQueryWithoutAVerdict(t *testing.T) {
	queries := recorded(t).queries
	for name := range queries {
		if quotedQueries[name] == "" {
			t.Errorf("%s puts a value into a query without escaping it", name)
		}
	}
	for name := range quotedQueries {
		if !queries[name] {
			t.Errorf("%s has no such query", name)
		}
	}
}

// FreeSWITCH acts on no event that a script may fire without a grant, except on
// those that tell phones something.
func TestSourceActsOnNoEventThatScriptsFire(t *testing.T) {
	told := set(`message_waiting presence_in presence_out send_message send_info`)
	for event := range recorded(t).events {
		name, subclass, _ := strings.Cut(strings.ToLower(event), " ")
		if subclass != "" && subclass != "sms::send_message" && !obeyedSubclasses[subclass] || subclass == "" && firedEvents[name] && !told[name] {
			t.Errorf("FreeSWITCH acts on the event %s, and a script may fire it", event)
		}
	}
}

// readSource finds what FreeSWITCH's source registers and reads. It takes a file for
// a list of functions that begin and end in the first column, as FreeSWITCH writes
// them, and follows calls within a module by their names.
func readSource(t *testing.T, dir string) *source {
	t.Helper()
	macros := map[string]string{}
	modules := map[string]map[string]string{} // of each directory: a function's name and its body
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == "test" {
			return filepath.SkipDir
		}
		if ext := filepath.Ext(path); ext == ".c" || ext == ".cpp" || ext == ".h" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = comments.ReplaceAllStringFunc(string(raw), func(s string) string {
			if s[0] == '/' {
				return strings.Repeat("\n", strings.Count(s, "\n"))
			}
			return s
		})
		for _, m := range macro.FindAllStringSubmatch(texts[path], -1) {
			macros[m[1]+m[3]] = strings.Trim(m[2]+m[4], `"`)
		}
		module := filepath.Dir(path)
		if modules[module] == nil {
			modules[module] = map[string]string{}
		}
		for name, body := range functionsOf(texts[path]) {
			modules[module][name] += body
		}
	}
	literal := func(s string) string {
		if s = strings.TrimSpace(s); strings.HasPrefix(s, `"`) {
			return strings.Trim(s, `"`)
		}
		return macros[s]
	}
	s := newSource()
	for path, text := range texts {
		module := modules[filepath.Dir(path)]
		for _, m := range registration.FindAllStringSubmatchIndex(text, -1) {
			args := argumentsOf(text[m[1]:])
			at := map[string]int{"API": 3, "JSON_API": 3, "CHAT": 2, "DIALPLAN": 2, "APP": 4, "CHAT_APP": 4}
			if kind := text[m[2]:m[3]]; len(args) > at[kind] && !strings.HasSuffix(path, ".h") {
				s.registered[kind+" "+literal(args[1])] = reached(module, args[at[kind]])
			}
		}
		for _, m := range binding.FindAllStringSubmatchIndex(text, -1) {
			args := argumentsOf(text[m[1]:])
			if i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, "SWITCH_EVENT_") }); i >= 0 && len(args) > i+1 {
				if name := strings.TrimPrefix(args[i], "SWITCH_EVENT_"); name != "ALL" {
					s.events[strings.TrimSpace(name+" "+strings.ToLower(literal(args[i+1])))] = true
				}
			}
		}
	}
	for path, text := range texts {
		for name, body := range functionsOf(text) {
			if query.MatchString(body) {
				s.queries[filepath.Base(path)+" "+name] = true
			}
		}
		for _, m := range formatName.FindAllStringSubmatch(text, -1) {
			s.formats[strings.ToLower(cmp.Or(m[1], m[2]))] = true
		}
		for _, m := range formatList.FindAllStringSubmatch(text, -1) {
			for _, name := range quoted.FindAllString(m[1], -1) {
				s.formats[strings.ToLower(strings.Trim(name, `"`))] = true
			}
		}
	}
	for _, module := range modules {
		for name, body := range module {
			called := words.FindAllString(quoted.ReplaceAllString(body, ""), -1)
			executes := len(reached(map[string]string{name: body}, name)) > 0
			opens := slices.ContainsFunc(called, func(w string) bool { return fileSinks[strings.TrimPrefix(w, "switch_")] })
			for _, m := range reading.FindAllStringSubmatch(body, -1) {
				if executes {
					s.variables[strings.ToLower(literal(m[1]))] = true
				}
				if opens {
					s.files[strings.ToLower(literal(m[1]))] = true
				}
			}
			for _, m := range assigned.FindAllStringSubmatch(body, -1) {
				if strings.Contains(name, "get_partner_uuid") || regexp.MustCompile(`(?:locate|kill_uuid|intercept_session|get_uuid_buf|uuid_bridge|by_uuid)\w*\s*\((?:[^()]*,)?\s*`+m[1]+`\b`).MatchString(body) {
					s.channels[strings.ToLower(literal(m[2]))] = true
				}
			}
		}
	}
	delete(s.files, "")
	delete(s.variables, "")
	delete(s.channels, "")
	delete(s.events, "CUSTOM")
	return s
}

var (
	comments     = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'`)
	macro        = regexp.MustCompile(`(?m)#define\s+(\w+)\s+("[^"\n]*")|(\w+)(?:\[\])?\s*=\s*("[^"\n]*");`)
	registration = regexp.MustCompile(`SWITCH_ADD_(API|APP|CHAT_APP|JSON_API|DIALPLAN|CHAT)\s*\(`)
	binding      = regexp.MustCompile(`switch_event_bind(?:_removable)?\s*\(`)
	reading      = regexp.MustCompile(`(?:get_variable\w*|get_header\w*|variable_true|pop_variable)\s*\(\s*(?:[^,()]|\([^()]*\))*?(?:,\s*)?("[^"]*"|[A-Z][A-Z0-9_]+)`)
	assigned     = regexp.MustCompile(`(\w+)\s*=\s*switch_channel_get_variable\w*\s*\(\s*(?:[^,()]|\([^()]*\))*,\s*("[^"]*"|[A-Z][A-Z0-9_]+)`)
	head         = regexp.MustCompile(`(\w+)\s*\(((?:[^()]|\([^()]*\))*)\)\s*$`)
	query        = regexp.MustCompile(`(?is)"(?:\\.|[^"\\])*(select|insert|update|delete|where|values)(?:\\.|[^"\\])*'%s'(?:\\.|[^"\\])*"`)
	formatName   = regexp.MustCompile(`supported_formats\[[^\]]*\]\s*=\s*(?:\(char \*\)\s*)?"([^"]*)"|supported_formats\[\]\s*=\s*\{\s*"([^"]*)"`)
	formatList   = regexp.MustCompile(`char \*extras\[\] = \{([^}]*)\}`)
	words        = regexp.MustCompile(`[A-Za-z_]\w*`)
	quoted       = regexp.MustCompile(`"(?:\\.|[^"\\])*"`)
)

// functionsOf returns the functions of a text and their bodies.
func functionsOf(text string) map[string]string {
	out := map[string]string{}
	lines := strings.Split(text, "\n")
	begin := 0 // of what may be a function's head
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " \t")
		switch {
		case strings.HasPrefix(line, "#"), strings.HasSuffix(line, ";"), strings.HasPrefix(line, "}"):
			begin = i + 1
		case strings.HasPrefix(line, "{") || line != "" && !strings.ContainsAny(line[:1], " \t") && strings.HasSuffix(line, "{"):
			m := head.FindStringSubmatch(strings.Join(append(slices.Clone(lines[begin:i]), strings.TrimSuffix(line, "{")), " "))
			end := i + 1
			for end < len(lines) && !strings.HasPrefix(lines[end], "}") {
				end++
			}
			if m != nil {
				name, _, _ := strings.Cut(m[1], " ")
				if strings.HasPrefix(name, "SWITCH_STANDARD_") || strings.HasPrefix(name, "SWITCH_MODULE_") {
					name, _, _ = strings.Cut(m[2], ",")
				}
				out[strings.TrimSpace(name)] += strings.Join(lines[i:end], "\n")
			}
			i, begin = end, end+1
		}
	}
	return out
}

// reached returns the sinks that a function of a module mentions, or one that it
// mentions.
func reached(module map[string]string, function string) (out []string) {
	seen, todo := map[string]bool{}, []string{strings.TrimSpace(function)}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, word := range words.FindAllString(quoted.ReplaceAllString(module[name], ""), -1) {
			short := strings.TrimPrefix(word, "switch_")
			if sinks[short] && (short != word || word == "system") && !slices.Contains(out, short) {
				out = append(out, short)
			}
			if _, ok := module[word]; ok && !seen[word] {
				todo = append(todo, word)
			}
		}
	}
	slices.Sort(out)
	return out
}

// argumentsOf splits the arguments of a call whose "(" the text follows.
func argumentsOf(text string) (out []string) {
	depth, begin, inside := 1, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			inside = !inside
		case inside:
		case c == '(':
			depth++
		case c == ')' && depth == 1:
			return append(out, strings.TrimSpace(text[begin:i]))
		case c == ')':
			depth--
		case c == ',' && depth == 1:
			out = append(out, strings.TrimSpace(text[begin:i]))
			begin = i + 1
		}
	}
	return out
}
