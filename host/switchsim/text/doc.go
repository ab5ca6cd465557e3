// Package text reads FreeSWITCH's text for the simulator: arguments, {variables},
// ${expansions}, numbers, hangup causes. It shares no code with
// host/freeswitch/syntax, so that the two can disagree.
package text
