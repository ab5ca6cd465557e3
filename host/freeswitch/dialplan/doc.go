// Package dialplan writes and checks FreeSWITCH's XML dialplan. The extensions it
// writes hand calls over to eslua, continue them on another host when one fails,
// and do not run a flow again that has ended. Check finds the mistakes in a
// dialplan in use.
//
// The names of flows come from the caller.
package dialplan
