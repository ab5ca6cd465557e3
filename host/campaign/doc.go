// Package campaign dials lists of numbers. A campaign is kept in JetStream: what it shall
// do, and for each number how far it has come. On one host at a time it is led: that host
// dials, as fast as the campaign, its routes and the nodes permit.
//
// Nobody is dialled twice by mistake. Before an originate is sent, the attempt with the
// UUID of its channel is written, and only if the number's record is still the one that was
// read; so of two hosts that both believe to lead, one fails to write and does not dial.
// An attempt whose end nobody has heard, because its host died, is looked up on its node:
// if its channel lives, it is followed. Each call leaves marks in the memory of its node,
// when its channel is made and when it has ended, with the cause: from these the next host
// learns how the call has ended, or that it was never made, so that its number waits again.
// Only if the node has lost its memory, or never had one, the attempt counts as made with the
// outcome "unknown", and is dialled again only if the campaign's retries name that outcome.
package campaign
