// Package job owns the jobs: runs of scripts that no call has caused. A Source makes
// them of what the configuration names (startup, hooks, xml) and of what an admin orders
// (eslua run). Each gets what a flow gets: limits, grants, the generation that rollout
// chooses, and an account. Package job leaves the events to node and the running of the
// script to run.
package job
