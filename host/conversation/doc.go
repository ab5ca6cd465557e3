// Package conversation owns recorded calls: what a call's FreeSWITCH and eslua said to
// each other, with times, and its scripts, as one file from which the call can be played
// again without a FreeSWITCH. What the configuration's trace masks is not in it. Nor is
// what the script learned elsewhere: from databases, HTTP servers, other channels.
package conversation
