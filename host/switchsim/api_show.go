package switchsim

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/switchsim/wire"
)

// showAPI runs "channels|calls|tasks [count] [like <text>] [as csv|delim <d>|json|xml]".
func showAPI(s *Switch, args string, _ *channel) string {
	argv := strings.Fields(args)
	var columns []string
	var rows [][]string
	switch strings.ToLower(nth(argv, 0)) {
	case "channels":
		columns, rows = s.showChannels(channelColumns)
	case "calls", "detailed_calls", "bridged_calls":
		columns, rows = s.showChannels(callColumns)
	case "tasks":
		columns, rows = s.showTasks()
	case "application":
		columns, rows = s.showApplications(nth(argv, 1))
	case "modules", "api", "registrations", "aliases", "interfaces", "codec", "endpoint":
	default:
		return usage("codec|endpoint|application|api|dialplan|file|timer|calls [count]|channels [count|like <match string>]|" +
			"calls|detailed_calls|bridged_calls|detailed_bridged_calls|aliases|complete|chat|management|modules|nat_map|say|" +
			"interfaces|interface_types|tasks|limits|status")
	}
	delim, format, count := ",", "csv", false
	for i := 1; i < len(argv); i++ {
		switch argv[i] {
		case "count":
			count = true
		case "like":
			part := nth(argv, i+1)
			rows = slices.DeleteFunc(rows, func(row []string) bool { return !strings.Contains(strings.Join(row, ","), part) })
		case "as":
			format = nth(argv, i+1)
			if format == "delim" {
				delim = nth(argv, i+2)
			}
		}
	}
	switch format {
	case "json":
		return showJSON(columns, rows, count)
	case "xml":
		return showXML(columns, rows)
	}
	return showText(columns, rows, delim, count)
}

// showApplications returns the application of a name, or all.
func (s *Switch) showApplications(name string) (columns []string, rows [][]string) {
	for app := range s.apps {
		if name == "" || name == app {
			rows = append(rows, []string{app, app, "", "mod_dptools"})
		}
	}
	slices.SortFunc(rows, slices.Compare)
	return []string{"name", "description", "syntax", "ikey"}, rows
}

func showText(columns []string, rows [][]string, delim string, count bool) string {
	var b strings.Builder
	if len(rows) > 0 && !count {
		b.WriteString(strings.Join(columns, delim) + "\n")
		for _, row := range rows {
			b.WriteString(strings.Join(row, delim) + "\n")
		}
	}
	b.WriteString("\n" + strconv.Itoa(len(rows)) + " total.\n")
	return b.String()
}

// showJSON writes every value as a string; without rows there is no rows key.
func showJSON(columns []string, rows [][]string, count bool) string {
	if count {
		return `{"row_count":` + strconv.Itoa(len(rows)) + `,"rows":[]}`
	}
	if len(rows) == 0 {
		return "{\"row_count\": 0}\n"
	}
	objects := make([]string, len(rows))
	for i, row := range rows {
		var e wire.Event
		for j, column := range columns {
			e.Headers = append(e.Headers, wire.Header{Name: column, Value: row[j]})
		}
		objects[i] = string(e.JSON())
	}
	return `{"row_count":` + strconv.Itoa(len(rows)) + `,"rows":[` + strings.Join(objects, ",") + "]}"
}

func showXML(columns []string, rows [][]string) string {
	n := strconv.Itoa(len(rows))
	if len(rows) == 0 {
		return `<result row_count="0"/>` + "\n"
	}
	var b strings.Builder
	b.WriteString(`<result row_count="` + n + "\">\n")
	for i, row := range rows {
		b.WriteString(`  <row row_id="` + strconv.Itoa(i+1) + "\">\n")
		for j, column := range columns {
			b.WriteString("    <" + column + ">" + wire.Escape.Replace(row[j]) + "</" + column + ">\n")
		}
		b.WriteString("  </row>\n")
	}
	return b.String() + "</result>\n"
}

// The columns of the core database's channels table and basic_calls view.
var (
	channelColumns = strings.Split("uuid,direction,created,created_epoch,name,state,cid_name,cid_num,ip_addr,dest,"+
		"application,application_data,dialplan,context,read_codec,read_rate,read_bit_rate,write_codec,write_rate,"+
		"write_bit_rate,secure,hostname,presence_id,presence_data,accountcode,callstate,callee_name,callee_num,"+
		"callee_direction,call_uuid,sent_callee_name,sent_callee_num,initial_cid_name,initial_cid_num,initial_ip_addr,"+
		"initial_dest,initial_dialplan,initial_context", ",")
	callColumns = strings.Split("uuid,direction,created,created_epoch,name,state,cid_name,cid_num,ip_addr,dest,"+
		"presence_id,presence_data,accountcode,callstate,callee_name,callee_num,callee_direction,call_uuid,hostname,"+
		"sent_callee_name,sent_callee_num,b_uuid,b_direction,b_created,b_created_epoch,b_name,b_state,b_cid_name,"+
		"b_cid_num,b_ip_addr,b_dest,b_presence_id,b_presence_data,b_accountcode,b_callstate,b_callee_name,b_callee_num,"+
		"b_callee_direction,b_sent_callee_name,b_sent_callee_num,call_created_epoch", ",")
)

func (s *Switch) showChannels(columns []string) ([]string, [][]string) {
	var rows [][]string
	for _, c := range s.upChannels() {
		values := c.row(s.hostname())
		row := make([]string, len(columns))
		for i, column := range columns {
			row[i] = values[column]
		}
		rows = append(rows, row)
	}
	return columns, rows
}

// row returns what the database knows of a channel.
func (c *channel) row(host string) map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var app start
	if len(c.apps) > 0 {
		app = c.apps[len(c.apps)-1]
	}
	p := c.caller
	values := map[string]string{
		"uuid": c.uuid, "direction": c.direction, "created": p.channelCreated.at.Format("2006-01-02 15:04:05"),
		"created_epoch": strconv.FormatInt(p.channelCreated.at.Unix(), 10), "name": c.name, "state": c.running.String(),
		"cid_name": p.cidName, "cid_num": p.cidNumber, "ip_addr": p.networkAddr, "dest": p.destination,
		"application": app.app, "application_data": app.arg, "dialplan": p.dialplan, "context": p.context,
		"read_codec": c.codec.name, "read_rate": c.codec.rate, "read_bit_rate": c.codec.bitRate,
		"write_codec": c.codec.name, "write_rate": c.codec.rate, "write_bit_rate": c.codec.bitRate,
		"hostname": host, "presence_id": c.vars.get("presence_id"), "accountcode": c.vars.get("accountcode"),
		"callstate": c.callState, "callee_name": p.calleeName, "callee_num": p.calleeNumber,
		"initial_cid_name": p.origName, "initial_cid_num": p.origNumber, "initial_ip_addr": p.networkAddr,
		"initial_dest": p.destination, "initial_dialplan": p.dialplan, "initial_context": p.context,
	}
	if c.bridgedTo != nil {
		values["b_uuid"], values["call_uuid"] = c.bridgedTo.uuid, c.uuid
	}
	return values
}
