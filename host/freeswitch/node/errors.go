package node

import (
	"errors"
	"fmt"
	"time"
)

// DownError is returned while the node is not connected.
type DownError struct {
	Node, Address string
	Err           error // why, nil before the first attempt
}

func (e *DownError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("node %s (%s) is not connected yet", e.Node, e.Address)
	}
	return fmt.Sprintf("node %s (%s) is not connected: %v", e.Node, e.Address, e.Err)
}

func (e *DownError) Unwrap() error { return e.Err }

// PasswordError is FreeSWITCH's refusal of the password.
type PasswordError struct {
	User   string // empty for the password of event_socket.conf.xml
	Answer string
}

func (e *PasswordError) Error() string {
	if e.User != "" {
		return fmt.Sprintf("FreeSWITCH refuses user %s or the password (%s): it must be the param esl-password of that user, group or domain in the directory", e.User, e.Answer)
	}
	return fmt.Sprintf("FreeSWITCH refuses the password (%s): it must be the param password of event_socket.conf.xml", e.Answer)
}

// RejectedError is FreeSWITCH's refusal of this host's address.
type RejectedError struct{ Text string }

func (e *RejectedError) Error() string {
	return fmt.Sprintf("FreeSWITCH refuses connections from this host's address (%q): put the address into a list of acl.conf.xml and name that list as the param apply-inbound-acl of event_socket.conf.xml, then reload mod_event_socket; without apply-inbound-acl only loopback addresses may connect", e.Text)
}

// SilentError ends a connection over which nothing has come for too long: the
// node, or the way to it, is gone without a word.
type SilentError struct{ Silence time.Duration }

func (e *SilentError) Error() string {
	return fmt.Sprintf("no HEARTBEAT for %v: the node or the network is gone", e.Silence)
}

var errSlowGreeting = errors.New("no greeting within " + greetingTime.String() + ": is another service listening at this address?")
