// Package replay plays the FreeSWITCH of a recorded call (host/conversation): it says what
// FreeSWITCH said then, at the same times, as long as the call's flow sends what it sent
// then, and tells where the flow goes another way.
package replay
