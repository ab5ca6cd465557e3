// Package switchsim is a FreeSWITCH look-alike for demonstrations and tests:
// event socket in both directions, a dialplan given as data, the applications
// and API commands that a call-flow host needs, and scripted people that call,
// answer, press digits and hang up.
//
// It owns its codec and shares no code with host/freeswitch/esl, so that a mistake made
// there cannot be mirrored here; what it does is held against transcripts of a
// real FreeSWITCH 1.11 (testdata/captures). It has no media: a playback only
// takes its time. Every wait runs on the injected clock.
package switchsim
