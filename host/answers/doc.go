// Package answers owns what functions answered that ask by another way than the connection
// of a call: databases, HTTP, values that are kept, other nodes. Notes notes it while a call
// is recorded, and a Player gives it back in a replay.
package answers
