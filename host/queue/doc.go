// Package queue keeps messages until a script has worked them off. Each queue is a stream
// of JetStream: hosts that share a store share the work, and a message goes to one of
// them at a time. One that fails is tried again, later each time, and is a dead letter in
// the end. A message may come twice when a host dies after its script has done its work,
// and before that is noted.
package queue
