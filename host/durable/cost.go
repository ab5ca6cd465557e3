package durable

// RequestCost counts, in units of 10 ns of a script's processor time, as what the server
// inside eslua and its client compute for one request: others do it while the script waits,
// so that nothing else would limit it.
const RequestCost = 6000

// ValueCost counts likewise for each byte of a value that comes, which the server packs as JSON.
const ValueCost = 1
