// Package trace keeps what happened in the running calls and in the last ones, in bounded
// memory: a flight recorder. Each call writes compact records, which become the rungs of a
// Ladder when somebody looks. What is masked is not kept.
package trace
