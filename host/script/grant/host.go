package grant

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A Host names what a script may connect to: a name, every name below one
// ("*.example.com"), every name ("*"), an address or a network of them, with one port
// or with all.
type Host string

// UnmarshalYAML reads a host.
func (h *Host) UnmarshalYAML(node ast.Node) error {
	var text string
	if err := yaml.NodeToValue(node, &text); err != nil {
		return err
	}
	if _, err := Host(text).read(); err != nil {
		return &yaml.SyntaxError{Token: node.GetToken(), Message: err.Error()}
	}
	*h = Host(text)
	return nil
}

// hosts has the names and networks that a Host stands for.
type hosts struct {
	name   string // in lower case; "": addresses are granted
	prefix netip.Prefix
	port   uint16 // 0: all
}

func (h Host) read() (r hosts, err error) {
	text := string(h)
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return hosts{prefix: prefix.Masked()}, nil
	}
	host := text
	if name, port, err := net.SplitHostPort(text); err == nil && !strings.Contains(text, "/") {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			return hosts{}, fmt.Errorf("%q is no port from 1 to 65535", port)
		}
		host, r.port = name, uint16(number)
	}
	if host == "*" {
		r.name = host
		return r, nil
	}
	below, wildcard := strings.CutPrefix(host, "*.")
	name, address, err := readHost(below)
	switch {
	case err != nil || wildcard && address.IsValid():
		return hosts{}, fmt.Errorf("%q is not a host; write api.example.com, *.example.com, 192.0.2.7, 10.0.0.0/8 or \"*\", with :PORT where only one port is meant", text)
	case address.IsValid():
		r.prefix = netip.PrefixFrom(address, address.BitLen())
	case wildcard:
		r.name = "*." + name
	default:
		r.name = name
	}
	return r, nil
}

// hasName reports whether a name is granted with a port, 0: with any.
func (h hosts) hasName(name string, port uint16) bool {
	below, wildcard := strings.CutPrefix(h.name, "*")
	return (h.port == 0 || port == 0 || h.port == port) && h.name != "" && (name == h.name || wildcard && strings.HasSuffix(name, below))
}

func (h hosts) hasAddress(to netip.AddrPort) bool {
	return (h.port == 0 || h.port == to.Port()) && h.prefix.IsValid() && h.prefix.Contains(to.Addr())
}

var (
	hostName   = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$`)
	likeNumber = regexp.MustCompile(`(^|\.)([0-9]+|0x[0-9a-f]*)$`)
)

// readHost reads a host as every resolver does, and refuses what they read differently:
// 127.1, 0x7f.0.0.1, 017700000001 and 2130706433 are all 127.0.0.1 for some.
func readHost(host string) (name string, address netip.Addr, err error) {
	if address, err := netip.ParseAddr(host); err == nil {
		if address.Zone() != "" {
			return "", netip.Addr{}, errors.New("an address with a zone")
		}
		return "", address.Unmap(), nil
	}
	name = strings.TrimSuffix(strings.ToLower(host), ".")
	switch {
	case likeNumber.MatchString(name):
		return "", netip.Addr{}, errors.New("an address in an unusual notation; write it as 192.0.2.7")
	case len(name) > 253 || !hostName.MatchString(name):
		return "", netip.Addr{}, errors.New("no name of a host; write letters, digits and hyphens (xn--... for others)")
	}
	return name, netip.Addr{}, nil
}

// CheckHost checks whether the flow may connect to a host, by its name or address and
// its port, before the name is looked up. The error is a *RefusedError.
func (g *Grants) CheckHost(host string, port uint16) error {
	name, address, err := readHost(host)
	if err != nil {
		return &RefusedError{Kind: Hosts, Name: host, text: fmt.Sprintf("%s is %v", shorten(host), err)}
	}
	if address.IsValid() {
		return g.CheckAddress(host, netip.AddrPortFrom(address, port))
	}
	for _, h := range g.hosts() {
		if h.hasName(name, port) {
			return nil
		}
	}
	return g.hostRefused(fmt.Sprintf("the host %s", name), name)
}

// CheckAddress checks whether the flow may connect to an address that a host has. A name
// alone does not grant addresses of this machine and of private networks, since whoever
// answers for the name chooses them. The error is a *RefusedError.
func (g *Grants) CheckAddress(host string, to netip.AddrPort) error {
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	_, literal, _ := readHost(host)
	for _, h := range g.hosts() {
		if h.hasAddress(to) || public(to.Addr()) && (!literal.IsValid() || h.name == "*" && h.hasName("*", to.Port())) {
			return nil
		}
	}
	what := fmt.Sprintf("the address %s", to.Addr())
	if !literal.IsValid() {
		what = fmt.Sprintf("the host %s has the address %s, which is no public one and", host, to.Addr())
	}
	return g.hostRefused(what, to.Addr().String())
}

func (g *Grants) hosts() (all []hosts) {
	for _, h := range g.Hosts {
		if r, err := h.read(); err == nil {
			all = append(all, r)
		}
	}
	return all
}

func (g *Grants) hostRefused(what, name string) *RefusedError {
	var all []string
	for _, h := range g.Hosts {
		all = append(all, strconv.Quote(string(h)))
	}
	return &RefusedError{Kind: Hosts, Name: name, text: fmt.Sprintf(
		"%s is not granted to this flow; to grant it, write grants: {hosts: [%s]} in the configuration", what, strings.Join(append(all, strconv.Quote(name)), ", "))}
}

// HostsKey returns a text that is the same for two flows with the same granted hosts.
func (g *Grants) HostsKey() string {
	var all []string
	for _, h := range g.Hosts {
		all = append(all, string(h))
	}
	return strings.Join(all, " ")
}

// public reports whether an address is one of the Internet at large.
func public(a netip.Addr) bool {
	if a.Is6() && !globalUnicast.Contains(a) {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

var globalUnicast = netip.MustParsePrefix("2000::/3")

// special holds the networks of IANA's special-purpose address registries, of IPv6 those
// within globalUnicast, and those through which IPv4 addresses are reached.
var special = prefixes("0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 " +
	"192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 3fff::/20")

func prefixes(list string) (all []netip.Prefix) {
	for text := range strings.FieldsSeq(list) {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}
