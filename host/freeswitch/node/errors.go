package node

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A DownError is returned while the node is not connected.
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

// A PasswordError says that FreeSWITCH refused the password.
type PasswordError struct {
	User   string // empty for the password of event_socket.conf.xml
	Answer string
}

func (e *PasswordError) Error() string {
	if e.User != "" {
		return fmt.Sprintf("FreeSWITCH refuses user %s or the password (%.200s): the password must be the param esl-password of that user, group or domain in the directory", e.User, e.Answer)
	}
	return fmt.Sprintf("FreeSWITCH refuses the password (%.200s): it must be the param password of event_socket.conf.xml", e.Answer)
}

// A RejectedError says that FreeSWITCH refused this host's address.
type RejectedError struct{ Text string }

func (e *RejectedError) Error() string {
	return fmt.Sprintf("FreeSWITCH refuses connections from this host's address (%.200q): put the address into a list of acl.conf.xml and name that list as the param apply-inbound-acl of event_socket.conf.xml, then reload mod_event_socket; without apply-inbound-acl only loopback addresses may connect", e.Text)
}

// A SilentError ends a connection on which nothing was received for too long: the
// node or the network failed without closing it.
type SilentError struct{ Silence time.Duration }

func (e *SilentError) Error() string {
	return fmt.Sprintf("no HEARTBEAT for %v: the node or the network has failed", e.Silence)
}

var errSlowGreeting = errors.New("no greeting within " + greetingTimeout.String() + ": is another service listening at this address?")

// A DrainingError says that a node gets no new calls because an admin drains it.
type DrainingError struct{ Node string }

func (e *DrainingError) Error() string {
	return fmt.Sprintf("node %s is being drained (eslua node resume %[1]s ends that)", e.Node)
}

// A FullError says that a node has as many sessions as it may have (max-sessions of
// switch.conf.xml).
type FullError struct {
	Node           string
	Sessions, Most int
}

func (e *FullError) Error() string {
	return fmt.Sprintf("node %s has %d of %d sessions", e.Node, e.Sessions, e.Most)
}

// A NoneReadyError says that no node takes new calls.
type NoneReadyError struct{ Why []string }

func (e *NoneReadyError) Error() string {
	return "no node takes new calls: " + strings.Join(e.Why, "; ")
}

var errNoNodes = errors.New("no node takes new calls: the configuration has none (nodes:)")
