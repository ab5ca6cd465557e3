// Package flowtest owns the tests of flows: a simulated switch on which a person calls,
// the host that serves the flow, in a time of their own, and what is expected of the
// call. The Lua in which tests are written is in bindings/flowtest, and the command
// eslua test builds the host.
package flowtest
