// Package push tells endpoints of calls without a script: the detail of each call at its
// end, recordings that have ended, and events. It makes the documents; outbox keeps and
// delivers them.
//
// A call's end is known from the events of its node and, if a flow has served it here,
// from the call's own connection. Whichever comes first counts: the id of a document
// follows from the channel and what happened, so that the outbox, which all hosts share,
// takes it once. Nobody waits for a push: the queues are bounded, and what does not fit
// is dropped, counted and said.
package push
