// Package store owns the script tree on disk: it reads, checks and compiles the
// whole tree, watches it, and serves it as generations.
//
// A Generation is an immutable snapshot of the tree (flows, modules and the data
// files that flows read), named by its hash. A call keeps the generation it
// started with; when a newer one replaces it, in one atomic step, later calls get
// that. A tree with errors changes nothing: the generation before it continues to
// serve, and Status describes the errors, with place and time.
//
// A change is read only after the tree was quiet for a moment, and accepted only
// after two scans read the same bytes. A file that disappears has a second to
// come back, since editors and deploys replace files that way. Notifications from
// the kernel speed this up; the periodic scan finds every change without them.
//
// A History keeps the bytes of generations that have served, on disk or in memory,
// so that an admin can list and compare them, and Find can compile them again.
//
// Which generation a call gets is decided in host/script/rollout; scripts are run
// by host/run and Lua itself is in host/script/vm.
package store
