package config

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// A Bucket bounds what scripts keep in a bucket of kv.
type Bucket struct {
	Size  Size `yaml:"size" default:"8MiB" doc:"how much a bucket may hold; under kv: the one that each flow has of its own"`
	Keys  int  `yaml:"keys" least:"1" default:"10000" doc:"how many keys it may have; one that was deleted counts for ten seconds more"`
	Value Size `yaml:"value" default:"64KiB" doc:"how long a value may be, at most 1MiB"`
}

// mostValue limits a value, and a message of a queue (durable.MostBytes).
const mostValue = 1 << 20

// leastStore bounds from below what a bucket or a queue may be limited to.
const leastStore = 64 << 10

// UnmarshalYAML reads a bucket over the defaults.
func (b *Bucket) UnmarshalYAML(n ast.Node) error {
	type plain Bucket
	return overDefaults(n, (*plain)(b))
}

func (b *Bucket) conflicts() []conflict { return storeConflicts("value", b.Size, b.Value) }

// A Queue bounds a queue of messages, and says when one is given up.
type Queue struct {
	Size     Size     `yaml:"size" default:"64MiB" doc:"how much a queue may hold"`
	Messages int      `yaml:"messages" least:"1" default:"100000" doc:"how many messages it may hold"`
	Message  Size     `yaml:"message" default:"64KiB" doc:"how long a message may be, at most 1MiB"`
	Attempts int      `yaml:"attempts" least:"1" default:"10" doc:"how often a message is tried that fails: again after 5 seconds, then after twice as long each time, at most 10 minutes; after the last time it is a dead letter, see eslua queue"`
	Script   Script   `yaml:"script" doc:"script, and its arguments, that works the queue off: it runs once for each message, which queue.message() returns; an error of it is the message's. Empty: scripts take the messages themselves (queue.next, queue.work)"`
	Parallel int      `yaml:"parallel" least:"1" default:"4" doc:"how many messages this script handles at a time on each host"`
	Silence  Duration `yaml:"silence" default:"30s" doc:"how long the host may be silent whose script works on a message, before another one gets it"`
}

// UnmarshalYAML reads a queue over the defaults.
func (q *Queue) UnmarshalYAML(n ast.Node) error {
	type plain Queue
	return overDefaults(n, (*plain)(q))
}

// Workers returns how many scripts work the queue off at a time.
func (q Queue) Workers() int {
	if q.Script == "" {
		return 0
	}
	return q.Parallel
}

func (q *Queue) conflicts() []conflict {
	list := storeConflicts("message", q.Size, q.Message)
	if q.Silence < 1e9 {
		list = append(list, conflict{[]string{"silence"}, "silence must be at least 1s"})
	}
	return list
}

func storeConflicts(name string, size, value Size) (list []conflict) {
	if value < 1 || value > mostValue {
		list = append(list, conflict{[]string{name}, fmt.Sprintf("%s must be from 1B to 1MiB", name)})
	}
	if size < leastStore {
		list = append(list, conflict{[]string{"size"}, "size must be at least 64KiB"})
	}
	return list
}
