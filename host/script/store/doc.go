// Package store owns the script tree on disk: it reads, checks and compiles it
// whole, watches it, and serves it as generations.
//
// A Generation is an immutable snapshot of the tree (flows, modules and the data
// files that flows read) named by its hash. Whoever holds one keeps it; a newer
// one takes its place for those who ask next, in one atomic step. What cannot
// serve changes nothing: the generation before it goes on, and Status says what
// is wrong, where and since when.
//
// A change is read only after the tree was quiet for a moment, and taken only
// after it was read twice with the same bytes; a file that is gone is given a
// second to come back, as editors and deploys let it. Notifications are a hint that
// speeds this up; the periodic scan finds everything without them.
//
// A History keeps the bytes of generations that have served, on disk or in memory,
// so that one can be looked at, compared, and made again by Find.
//
// The package leaves to host/script/rollout which generation a call gets, to host/run
// running scripts, and Lua to host/script/vm.
package store
