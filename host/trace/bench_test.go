package trace_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/eslua/eslua/host/call/outbound"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/trace"
)

// BenchmarkEvents measures what the events of a call cost, those of a transcript of a real
// FreeSWITCH.
func BenchmarkEvents(b *testing.B) {
	transcript, err := os.ReadFile("../call/outbound/testdata/outbound-async-full.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	var wire bytes.Buffer
	for lines := json.NewDecoder(bytes.NewReader(transcript)); lines.More(); {
		var l struct{ From, Data string }
		if err := lines.Decode(&l); err != nil {
			b.Fatal(err)
		}
		if l.From == "switch" {
			wire.WriteString(l.Data)
		}
	}
	var events []outbound.Sight
	for frames := esl.NewReader(&wire, esl.Limits{}); ; {
		frame, err := frames.Next()
		if err != nil {
			break
		}
		if e, err := frame.Event(); err == nil && e.Type() == "text/event-plain" {
			events = append(events, outbound.Sight{Event: e, Name: e.Name(), Application: e.Application(), Cause: "NORMAL_CLEARING"})
		}
	}
	r := trace.New(config.Default().Trace, clock.System())
	for b.Loop() {
		c := r.Begin(trace.Arrival{UUID: "a21bc0e9-7e20-4f1c-8f4e-2f4f1a1f3c8f", Flow: "flow", Generation: "89ce9f1b5766", Version: "89ce9f1b5766"})
		for _, e := range events {
			c.Watch(e)
		}
		c.End()
	}
	b.ReportMetric(float64(len(events)), "events")
}
