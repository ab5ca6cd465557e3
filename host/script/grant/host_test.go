package grant

import (
	"net/netip"
	"strings"
	"testing"
)

func hostsOf(list ...Host) *Grants { return &Grants{Hosts: list} }

func TestHosts(t *testing.T) {
	for _, c := range []struct {
		granted []Host
		host    string
		port    uint16
		want    bool
	}{
		{nil, "api.example.com", 443, false},
		{[]Host{"api.example.com"}, "API.example.com.", 443, true},
		{[]Host{"api.example.com"}, "evil-api.example.com", 443, false},
		{[]Host{"api.example.com"}, "api.example.com.evil.org", 443, false},
		{[]Host{"api.example.com:443"}, "api.example.com", 80, false},
		{[]Host{"*.example.com"}, "a.b.example.com", 80, true},
		{[]Host{"*.example.com"}, "example.com", 80, false},
		{[]Host{"*"}, "anything.org", 80, true},
		{[]Host{"*:443"}, "anything.org", 80, false},
		{[]Host{"*"}, "8.8.8.8", 80, true},
		{[]Host{"*"}, "127.0.0.1", 80, false},
		{[]Host{"*"}, "::1", 80, false},
		{[]Host{"*"}, "::ffff:127.0.0.1", 80, false},
		{[]Host{"api.example.com"}, "8.8.8.8", 80, false},
		{[]Host{"10.0.0.0/8"}, "10.1.2.3", 80, true},
		{[]Host{"10.1.2.3:80"}, "::ffff:10.1.2.3", 80, true},
		{[]Host{"10.1.2.3:80"}, "10.1.2.3", 81, false},
		{[]Host{"[2001:db8::1]:80"}, "2001:db8:0::1", 80, true},
		// What some resolvers take for 127.0.0.1 or 10.1.2.3.
		{[]Host{"*", "0.0.0.0/0"}, "2130706433", 80, false},
		{[]Host{"*", "0.0.0.0/0"}, "127.1", 80, false},
		{[]Host{"*", "0.0.0.0/0"}, "0177.0.0.1", 80, false},
		{[]Host{"*", "0.0.0.0/0"}, "0x7f.0.0.1", 80, false},
		{[]Host{"*", "0.0.0.0/0"}, "0x7f000001", 80, false},
		{[]Host{"*", "0.0.0.0/0"}, "10.1.2.3.", 80, false},
		{[]Host{"*"}, "fe80::1%eth0", 80, false},
		{[]Host{"*"}, "", 80, false},
		{[]Host{"*"}, "a b", 80, false},
		{[]Host{"*"}, "１２７.0.0.1", 80, false},
		{[]Host{"*"}, "a\x00.example.com", 80, false},
	} {
		if err := hostsOf(c.granted...).CheckHost(c.host, c.port); (err == nil) != c.want {
			t.Errorf("%v, %s port %d: %v", c.granted, c.host, c.port, err)
		}
	}
	err := hostsOf("api.example.com").CheckHost("other.org", 80)
	if !strings.Contains(err.Error(), `write grants: {hosts: ["api.example.com", "other.org"]}`) {
		t.Error(err)
	}
}

// A name grants the public addresses that it has, and no others.
func TestAddressesOfAName(t *testing.T) {
	g := hostsOf("crm.lan", "10.0.0.0/8")
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1": true, "::ffff:8.8.8.8": true, "10.9.9.9": true, "::ffff:10.9.9.9": true,
		"127.0.0.1": false, "0.0.0.0": false, "169.254.169.254": false, "192.168.1.1": false, "172.31.0.1": false, "100.64.0.1": false,
		"224.0.0.1": false, "255.255.255.255": false, "::1": false, "::": false, "fe80::1": false, "fd00::1": false, "ff02::1": false,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "2001::1": false, "::127.0.0.1": false, "::ffff:192.168.0.1": false,
	} {
		err := g.CheckAddress("crm.lan", netip.AddrPortFrom(netip.MustParseAddr(address), 80))
		if (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
	err := g.CheckAddress("crm.lan", netip.MustParseAddrPort("192.168.1.1:80"))
	if !strings.Contains(err.Error(), `crm.lan has the address 192.168.1.1, which is no public one`) || !strings.Contains(err.Error(), `"192.168.1.1"]}`) {
		t.Error(err)
	}
}

// An address of IPv4 that is granted in IPv6's notation is that address.
func TestAMappedAddressIsGranted(t *testing.T) {
	g := hostsOf("::ffff:10.0.0.7")
	for host, want := range map[string]bool{"10.0.0.7": true, "::ffff:10.0.0.7": true, "10.0.0.8": false} {
		if err := g.CheckHost(host, 80); (err == nil) != want {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func FuzzReadHost(f *testing.F) {
	f.Add("127.0.0.1")
	f.Add("0x7f.1")
	f.Add("api.example.com.")
	f.Fuzz(func(t *testing.T, host string) {
		name, address, err := readHost(host)
		if err == nil && (name == "") == (!address.IsValid()) {
			t.Errorf("%q is read as %q and %v", host, name, address)
		}
		if err == nil && name != "" && (name[len(name)-1] == '.' || strings.ToLower(name) != name) {
			t.Errorf("%q is read as %q", host, name)
		}
	})
}
