// Package rollout owns which generation of the scripts a call gets.
//
// The first of these that applies to a call's flow decides:
//
//  1. What the admin, or a canary that failed, said of this flow: a pin or a
//     rollback. A flow has one of them at most; a new one takes its place.
//  2. What the admin said of all flows, likewise.
//  3. The flow's canary: its share of the calls gets the new version, the
//     others what all got before it.
//  4. The generation that serves: what is in the script directory.
//
// A pin holds until it is taken back. A rollback rejects one version of a flow
// and ends by itself when the directory holds another one; edits of other flows
// do not end it. A rollback of all flows rejects a generation, so any edit ends
// it.
//
// A canary begins when the directory brings a version of its flow that is not
// the one all its calls got last, a pinned or rolled-back one included. It ends
// in one of four ways:
//
//   - The new version fails clearly more often (see judge): it is rolled back
//     at once.
//   - Its window is over and enough of its calls have ended: it is promoted, or
//     rolled back if it failed more often than the old one.
//   - Another edit brings another version, which is then tried against the same
//     old one. An edit back to the old one ends the canary.
//   - The admin pins the flow, rolls it back, or takes its canary out of the
//     configuration; the last lets all calls have what is in the directory.
//
// A new flow has nothing to be compared with and no canary; one that is removed
// is gone at once. Which calls are the share depends on nothing but their UUIDs,
// so that a call that is resumed on another host, or after a restart, stays
// where it was. A call that runs keeps what it has whatever is decided.
//
// What was decided, and which version of a flow with a canary has proved itself,
// is kept in the state directory and holds over a restart; a canary that was
// under way begins its window anew. A generation that cannot be had at a
// start, be it that the history is not there or that this eslua does not compile
// it, is what calls get after a start that can.
//
// The package leaves reading scripts and remembering earlier ones to store, and
// running calls to flow.
package rollout
