// Package outbox delivers pushes to HTTP servers and loses none: Accept returns when a
// push is on the disk, or on the replicas of a cluster, and it stays there until its
// endpoint has answered with 2xx, or it is a dead letter.
//
// A push may arrive twice, with the same webhook-id, when a host dies between the
// answer and its note. Pushes with one order key arrive in the order in which they were
// accepted. Each endpoint has a consumer of its own, so that one that is dead delays no
// other; hosts that share a cluster share the work.
package outbox
