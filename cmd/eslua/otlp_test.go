package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/switchsim"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// TestSpansOfACall: a collector gets a span of a call, and one of each function of its
// script that waited, when eslua ends at the latest.
func TestSpansOfACall(t *testing.T) {
	t.Parallel()
	const uuid = "00004711-0000-4000-8000-000000000000"
	spans := make(chan *trace.Span, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var request collector.ExportTraceServiceRequest
		if err != nil || proto.Unmarshal(body, &request) != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Key") != "secret" {
			t.Errorf("%s %s is no OTLP: %v", r.Method, r.URL, err)
		}
		for _, of := range request.ResourceSpans {
			for _, scope := range of.ScopeSpans {
				for _, span := range scope.Spans {
					spans <- span
				}
			}
		}
	}))
	defer receiver.Close()
	cfg := config.Default()
	cfg.Scripts = directory(t, map[string]string{"menu.lua": "session:answer()\nsession:sleep(20)\nerror('no')"})
	cfg.OTLP = config.OTLP{URL: receiver.URL + "/v1/traces", Headers: map[string]string{"key": "secret"}, Share: 100}
	l, over := listening(t), make(chan struct{}, 1)
	_, stop := serving(t, l, cfg, clock.System(), nil, seams{ended: func(*outbound.Call) { over <- struct{}{} }})
	sim := simulated(t, switchsim.Config{Dialplan: switchsim.Dialplan{"default": {
		{Match: "menu", Actions: []switchsim.Action{{App: "socket", Data: l.Addr().String() + "/menu async full"}}},
	}}})
	sim.Call(switchsim.Caller{Number: "1000", Destination: "menu", UUID: uuid})
	<-over
	stop()
	close(spans)
	var call *trace.Span
	names, all := []string{}, []*trace.Span{}
	for span := range spans {
		all, names = append(all, span), append(names, span.Name)
		if span.Name == "call menu" {
			call = span
		}
	}
	if call == nil || !slices.Contains(names, "session:sleep") {
		t.Fatalf("the spans are %q", names)
	}
	if call.Status.Code != trace.Status_STATUS_CODE_ERROR {
		t.Errorf("the script has failed, and the call's status is %v", call.Status)
	}
	for _, span := range all {
		took := span.EndTimeUnixNano - span.StartTimeUnixNano
		if span != call && (string(span.ParentSpanId) != string(call.SpanId) || span.StartTimeUnixNano < call.StartTimeUnixNano || span.EndTimeUnixNano > call.EndTimeUnixNano || took < 1e6) {
			t.Errorf("%v is no part of %v", span, call)
		}
	}
	want := map[string]string{"eslua.call": uuid, "eslua.flow": "menu"}
	for _, a := range call.Attributes {
		if text, known := want[a.Key]; known && a.Value.GetStringValue() == text {
			delete(want, a.Key)
		}
	}
	if len(want) > 0 {
		t.Errorf("the call's span lacks %v", want)
	}
}
