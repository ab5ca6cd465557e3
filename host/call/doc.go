// Package call runs scripts for calls: it decides which flow a call gets, whether
// an interrupted run of it is continued, and what happens to the call when its
// script fails. It leaves the channel to outbound, the running
// of the script to run, and the choice of a generation to rollout. The
// directories below own the parts of a call's life.
package call
