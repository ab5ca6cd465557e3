package config

import (
	"reflect"
	"slices"
	"testing"
)

// TestWhatAReloadChanges: a reload notices each documented setting, and either
// changes it or warns that it takes a restart.
func TestWhatAReloadChanges(t *testing.T) {
	const yaml = `
listen: 127.0.0.1:1
scripts: /a
default_flow: a
fallback: hangup USER_BUSY
routes: [{flow: a, destination: ^1$}]
flows: {a: {canary: 10%}}
nodes: [{address: "127.0.0.1:1"}]
databases: {a: {dsn: "sqlite:///a"}}
http: {connect_timeout: 1s, response_timeout: 1s, body: 1KiB, connections: 1, roots: /a, certificate: /a, key: /a}
mail: {server: "localhost:25", tls: tls, user: a, password: a, from: a@x.org, timeout: 1s, size: 1KiB, connections: 1, roots: /a}
nats: {servers: ["nats://a:1"], replicas: 1, credentials: /a, roots: /a, certificate: /a, key: /a, size: 16MiB}
endpoints: {a: {url: "http://a"}}
kv: {size: 1MiB, keys: 1, value: 1KiB}
buckets: {a: {size: 1MiB}}
queues: {a: {size: 1MiB, script: a}}
campaigns: {numbers: 10, size: 1MiB, rate: 1, at_once: 1, keep: 1h}
pushes: [{on: call_end, endpoints: [a]}]
startup: [a]
hooks: [{event: API, script: a}]
xml: {address: "127.0.0.1:1", scripts: {directory: a}, user: a, password: a, timeout: 1s, parallel: 1}
hosts: ["127.0.0.1:1"]
parked: reenter
drain: 1m
state: /a
history: 1
admin: /a
metrics: 127.0.0.1:1
page: {tokens: {a: aaaaaaaaaaaaaaaaaaaaaaaa}, names: [a]}
host_memory: 1GiB
calls: {max: 1, rate: 1, handshake: 1s, linger: 1s}
commands: {parallel: 1, waiting: 1}
limits: {memory: 1MiB, burst: 2s, cpu: 2s, after_hangup: 2s, duration: 2s, switch: 1MiB, written: 1MiB, file: 1MiB, stack: 1, source: 1KiB}
grants: {api: {allow: [system]}, apps: {allow: [system]}, read: [/a], write: [/b], env: [A], databases: [a], hosts: [a], mail: [a@x.org], endpoints: [a], buckets: [a], queues: [a], campaigns: [a], nodes: [a], fire_events: false}
log: {level: debug, format: json, rate: 1}
trace: {size: 1MiB, digits: shown, mask: [a]}
record: {share: 1%, failed: always, keep: 1h, size: 1MiB}
otlp: {url: "http://collector:4318/v1/traces", headers: {a: b}, share: 10}
`
	read := func() Config {
		c, err := Parse("eslua.yaml", []byte(yaml))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if reload, restart := Differences(read(), read()); len(reload)+len(restart) > 0 {
		t.Errorf("what is read twice differs in %v and %v", reload, restart)
	}
	reload, restart := Differences(Default(), read())
	want := settings(reflect.TypeFor[Config](), "")
	if got := slices.Concat(reload, restart); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("of %v\nthese were told to differ: %v", want, got)
	}
	want = []string{"listen", "scripts", "nodes", "http.connect_timeout", "http.response_timeout", "http.body", "http.connections", "http.roots", "http.certificate", "http.key", "mail.server", "mail.tls", "mail.user", "mail.password", "mail.from", "mail.timeout", "mail.size", "mail.connections", "mail.roots", "nats.servers", "nats.replicas", "nats.credentials", "nats.roots", "nats.certificate", "nats.key", "nats.size", "startup", "xml.address", "xml.parallel", "state", "history", "admin", "metrics", "page.tokens", "page.names", "host_memory", "calls.max", "calls.handshake", "calls.linger", "log.format", "log.rate", "otlp.url", "otlp.headers", "otlp.share"}
	if !slices.Equal(restart, want) {
		t.Errorf("a restart is asked for %v, want %v", restart, want)
	}
}

// settings returns the names of the settings that are documented.
func settings(of reflect.Type, prefix string) (names []string) {
	for field := range of.Fields() {
		switch name := prefix + field.Tag.Get("yaml"); {
		case field.Tag.Get("doc") != "":
			names = append(names, name)
		case field.Type.Kind() == reflect.Struct:
			names = append(names, settings(field.Type, name+".")...)
		}
	}
	return names
}
