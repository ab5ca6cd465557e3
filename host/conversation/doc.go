// Package conversation owns recorded calls: what a call's FreeSWITCH and eslua said to
// each other, with times, and everything that its script learned elsewhere, as one file
// from which the call can be played again without a FreeSWITCH. What the configuration's
// trace masks is not in it.
package conversation
