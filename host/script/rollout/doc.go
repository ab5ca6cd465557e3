// Package rollout decides which generation of the scripts a call gets.
//
// The first of these that applies to a call's flow decides:
//
//  1. An override of this flow: a pin or a rollback, by the admin or by a canary
//     that failed. A flow has at most one; a new one replaces it.
//  2. An override of all flows, likewise.
//  3. A canary of the flow: its share of the calls gets the new version, the
//     others get the stable one, which is what all calls got before.
//  4. The generation in the script directory.
//
// A pin is in force until it is removed. A rollback rejects one version of a flow
// and ends when the directory holds another one; edits of other flows do not end
// it. A rollback of all flows rejects a generation, so any edit ends it.
//
// A canary begins when the directory brings a version of its flow that is not the
// stable one. A version that was pinned or rolled back to becomes the stable one.
// A canary ends in one of four ways:
//
//   - The new version fails clearly more often (see judge): it is rolled back
//     at once.
//   - Its window is over and enough of its calls have ended: it is promoted, or
//     rolled back if it failed more often than the stable one.
//   - Another edit brings another version, which is then compared with the same
//     stable one. An edit back to the stable one ends the canary.
//   - The admin pins the flow, rolls it back, or removes its canary from the
//     configuration. If it is removed, all calls get the directory's scripts.
//
// A new flow has nothing to be compared with and so no canary; a flow that is
// removed is gone at once. Only a call's UUID decides whether it belongs to the
// share, so that a call that is resumed on another host, or after a restart, gets
// the same version. A call that runs keeps its version whatever is decided.
//
// Overrides and stable versions are saved in the state directory and survive a
// restart; a canary that was in progress starts its window again. If a saved
// generation cannot be loaded at a start, because the history is missing or this
// eslua does not compile it, calls get the directory's scripts until a later start
// can load it.
//
// Scripts are read, and earlier ones remembered, in host/script/store; calls are
// run in host/run.
package rollout
