// Package dialplan owns what FreeSWITCH's XML dialplan needs to hand calls over
// to eslua and to keep them when a host dies: it writes extensions for flows,
// says what is wrong with a dialplan in use, and keeps a flow that has ended
// from being run again by the socket actions that are there for its host's death.
//
// What flows there are is host/script/store's to say; what runs a call is host/run's.
package dialplan
