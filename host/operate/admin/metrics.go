package admin

import (
	"bytes"
	"fmt"
	"net/http"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"
)

// textFormat is Prometheus' own, as every collector reads it.
const textFormat = "text/plain; version=0.0.4; charset=utf-8"

func (s *Server) metricsRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		var p page
		p.host(s.status(false))
		p.process()
		w.Header().Set("Content-Type", textFormat)
		_, _ = w.Write(p.Bytes()) // who asked is gone
	})
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		st := s.status(false)
		if d := st.Draining; d != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintf(w, "takes no new calls since %s; %d are left\n", d.Since.Format(time.RFC3339), st.Calls.Running)
			return
		}
		fmt.Fprintf(w, "takes calls on %s; %d are running\n", st.Listen, st.Calls.Running)
	})
	return mux
}

// host writes what the Status says. Names and meanings do not change: people's
// alarms hang on them.
func (p *page) host(st Status) {
	p.gauge("eslua_build_info", "Always 1; the version is in the label.")
	p.value(1, "version", st.Version)
	p.gauge("eslua_start_time_seconds", "When eslua started, in seconds since 1970.")
	p.value(seconds(st.Started))
	p.gauge("eslua_taking_calls", "1 while new calls are taken, 0 while eslua drains.")
	p.value(truth(st.Draining == nil))
	p.gauge("eslua_config_problem", "1 while the configuration file is not in force because it is wrong.")
	p.value(truth(st.Config.Problem != ""))
	p.calls(st)
	p.scripts(st)
	p.nodes(st.Nodes)
}

func (p *page) calls(st Status) {
	p.gauge("eslua_calls_running", "Calls that run a flow now, by flow and the generation of the scripts they use.")
	for _, f := range st.Flows {
		for _, u := range f.Running {
			p.value(float64(u.Calls), "flow", f.Name, "generation", u.Generation)
		}
	}
	p.gauge("eslua_connections", "Calls that FreeSWITCH has handed over and that are not over yet.")
	p.value(float64(st.Calls.Running))
	p.gauge("eslua_connections_max", "How many there is room for; 0 is no bound.")
	p.value(float64(st.Calls.Max))
	p.counter("eslua_calls_refused_total", "Calls that there was no room for; their dialplans went on.")
	p.value(float64(st.Calls.Refused))
	p.counter("eslua_calls_without_flow_total", "Calls that named a flow there was not.")
	p.value(float64(st.Calls.NoFlow))
	for _, c := range []struct {
		name, help string
		of         func(Flow) int64
	}{
		{"eslua_calls_started_total", "Calls that began to run the flow.", func(f Flow) int64 { return f.Started }},
		{"eslua_calls_ended_total", "Calls whose flow ended, well or not.", func(f Flow) int64 { return f.Ended }},
		{"eslua_calls_failed_total", "Calls whose flow failed or hit a limit; a hangup is no failure.", func(f Flow) int64 { return f.Failed }},
	} {
		p.counter(c.name, c.help)
		for _, f := range st.Flows {
			if f.Started > 0 || !f.Module {
				p.value(float64(c.of(f)), "flow", f.Name)
			}
		}
	}
}

func (p *page) scripts(st Status) {
	sc := st.Scripts
	p.gauge("eslua_scripts_info", "Always 1; the generation that the directory last could serve is in the label.")
	p.value(1, "generation", sc.Generation)
	p.gauge("eslua_scripts_loaded_timestamp_seconds", "When that generation began to serve, in seconds since 1970.")
	p.value(seconds(sc.Since))
	p.gauge("eslua_scripts", "Scripts in that generation.")
	p.value(float64(sc.Count))
	p.gauge("eslua_scripts_problem", "1 while something in the script directory is wrong.")
	p.value(truth(!sc.WrongSince.IsZero()))
	p.gauge("eslua_scripts_problem_since_timestamp_seconds", "Since when, in seconds since 1970; 0 while nothing is.")
	p.value(seconds(sc.WrongSince))
	p.counter("eslua_scripts_swaps_total", "Generations that began to serve.")
	p.value(float64(sc.Swaps))
	p.counter("eslua_scripts_refusals_total", "States of the script directory that did not, being wrong.")
	p.value(float64(sc.Refusals))
	p.counter("eslua_scripts_rollbacks_total", "Rollbacks, by hand and by canaries.")
	p.value(float64(sc.Rollbacks))
	p.gauge("eslua_flow_held", "1 for a flow that is pinned or rolled back to an earlier generation; the flow \"\" is all of them.")
	held := func(flow string, h *Hold) {
		if h != nil {
			p.value(1, "flow", flow, "kind", h.kind(), "generation", h.Generation)
		}
	}
	held("", sc.Held)
	for _, f := range st.Flows {
		held(f.Name, f.Held)
	}
	p.gauge("eslua_canary_share_ratio", "Share of a flow's calls that a new version is tried on, 0 to 1.")
	for _, f := range st.Flows {
		if c := f.Canary; c != nil {
			p.value(float64(c.Share)/100, "flow", f.Name, "generation", c.Generation)
		}
	}
}

func (p *page) nodes(nodes []Node) {
	p.gauge("eslua_node_up", "1 while the control connection to a FreeSWITCH stands.")
	for _, n := range nodes {
		p.value(truth(n.Up), "node", n.Name)
	}
	p.counter("eslua_node_connects_total", "Connections to a FreeSWITCH that were made.")
	for _, n := range nodes {
		p.value(float64(n.Connects), "node", n.Name)
	}
	p.counter("eslua_node_restarts_total", "Restarts of a FreeSWITCH that were noticed.")
	for _, n := range nodes {
		p.value(float64(n.Restarts), "node", n.Name)
	}
	p.counter("eslua_events_dropped_total", "Events of a FreeSWITCH that were lost because a queue was full.")
	for _, n := range nodes {
		p.value(float64(n.EventsLost), "node", n.Name)
	}
}

// process writes what the Go runtime says of this process.
func (p *page) process() {
	read := []metrics.Sample{
		{Name: "/sched/goroutines:goroutines"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(read)
	p.gauge("eslua_goroutines", "Goroutines of the process.")
	p.value(float64(read[0].Value.Uint64()))
	p.gauge("eslua_heap_bytes", "Memory of living and not yet collected objects.")
	p.value(float64(read[1].Value.Uint64()))
	p.gauge("eslua_memory_bytes", "Memory that the process has from the system, as the Go runtime counts it.")
	p.value(float64(read[2].Value.Uint64() - read[3].Value.Uint64()))
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// seconds is a time as Prometheus has it; 0 is none.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// page is a text of metrics: a family's name, meaning and type, then its values.
type page struct {
	bytes.Buffer
	name string // of the family that values are written of
}

func (p *page) gauge(name, help string)   { p.family(name, help, "gauge") }
func (p *page) counter(name, help string) { p.family(name, help, "counter") }

func (p *page) family(name, help, kind string) {
	p.name = name
	fmt.Fprintf(p, "# HELP %s %s\n# TYPE %s %s\n", name, helpText.Replace(help), name, kind)
}

// value writes one value of the family; labels are names and values in turn.
func (p *page) value(v float64, labels ...string) {
	p.WriteString(p.name)
	for i := 0; i+1 < len(labels); i += 2 {
		p.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(p, `%s="%s"`, labels[i], labelText.Replace(strings.ToValidUTF8(labels[i+1], "\uFFFD")))
	}
	if len(labels) > 0 {
		p.WriteByte('}')
	}
	p.WriteByte(' ')
	p.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	p.WriteByte('\n')
}

var (
	helpText  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelText = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)
