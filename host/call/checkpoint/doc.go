// Package checkpoint keeps in FreeSWITCH what the next host needs to continue a
// script whose host has died. Everything is in one channel variable: the text that
// the script saved, the flow and version that wrote it, and the hangups that the
// run has scheduled since. Package session defines what the saved text means.
//
// The variable belongs to one run of an extension. FreeSWITCH numbers the
// channel's caller profiles, and every transfer makes a new one, so a checkpoint
// becomes void in the very step in which its call is transferred.
package checkpoint
