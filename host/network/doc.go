// Package network owns what scripts reach outside of FreeSWITCH: HTTP servers, TCP and UDP
// ports of the hosts that they are granted, and the mail server.
//
// A host is checked by its name before the name is looked up, and by its address just
// before a connection to it is made (Dialer): so there is no way round by a redirect, by
// an answer of DNS, or by another answer the second time. Nothing is larger than its
// bound before it is read, every wait ends with its context, and no proxy is asked.
package network
