// Package kv keeps values under keys in buckets, which are streams of JetStream as NATS'
// own tools know them (KV_eslua-...). Each flow has a bucket of its own, and the
// configuration names others that flows share. What is written is on the disk, or on a
// majority of a cluster, before the writer goes on; what is read is what was written last.
package kv
