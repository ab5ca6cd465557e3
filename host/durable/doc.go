// Package durable keeps what must not be lost in NATS JetStream: in a server inside
// this process, whose files are in the state directory, or in an existing cluster. Its
// users see no difference.
//
// The server inside the process opens no port. One process at a time holds its files,
// under a lock; another host on the machine, such as the one that takes over, reaches
// the holder through a Unix socket beside them, and holds the files when it has gone.
package durable
