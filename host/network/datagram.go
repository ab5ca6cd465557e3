package network

import (
	"context"
	"net"
	"net/netip"
	"strings"
)

// Datagrams sends and receives by a UDP socket of a script. It hears those to which it has sent, and who is
// permitted by address; what others send is dropped.
type Datagrams struct {
	conn  *net.UDPConn
	may   Permits
	peers map[netip.AddrPort]bool // nil: it is connected, and hears its peer
}

// mostPeers bounds the addresses to which a socket has sent and from which it hears.
const mostPeers = 256

// Address returns the address of a host for UDP. network is "udp", "udp4" or "udp6".
func (d *Dialer) Address(ctx context.Context, may Permits, network, host string, port uint16) (netip.AddrPort, error) {
	if err := may.CheckHost(host, port); err != nil {
		return netip.AddrPort{}, err
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		list, err := resolver.LookupNetIP(ctx, "ip"+strings.TrimPrefix(network, "udp"), host)
		if err != nil {
			return netip.AddrPort{}, because(ctx, err)
		}
		address = list[0]
	}
	to := netip.AddrPortFrom(address.Unmap(), port)
	return to, may.CheckAddress(host, to)
}

// OpenDatagrams opens a socket that sends to any permitted address. network is "udp4" or
// "udp6".
func (d *Dialer) OpenDatagrams(may Permits, network string) (*Datagrams, error) {
	conn, err := net.ListenUDP(network, nil)
	if err != nil {
		return nil, err
	}
	return &Datagrams{conn, may, map[netip.AddrPort]bool{}}, nil
}

// ConnectDatagrams opens a socket that sends to an address and hears it.
func (d *Dialer) ConnectDatagrams(to netip.AddrPort) (*Datagrams, error) {
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return nil, err
	}
	return &Datagrams{conn: conn}, nil
}

// Conn returns the socket, for deadlines and names.
func (d *Datagrams) Conn() *net.UDPConn { return d.conn }

// Connected reports whether it has one peer.
func (d *Datagrams) Connected() bool { return d.peers == nil }

// Send sends to the peer.
func (d *Datagrams) Send(data string) (int, error) { return d.conn.Write([]byte(data)) }

// SendTo sends to what Address has returned.
func (d *Datagrams) SendTo(data string, to netip.AddrPort) (int, error) {
	if len(d.peers) >= mostPeers {
		clear(d.peers)
	}
	d.peers[to] = true
	return d.conn.WriteToUDPAddrPort([]byte(data), to)
}

// Receive waits for one datagram. heard is false for one that is dropped.
func (d *Datagrams) Receive(room []byte) (n int, from netip.AddrPort, heard bool, err error) {
	n, from, err = d.conn.ReadFromUDPAddrPort(room)
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	heard = d.peers == nil || d.peers[from] || err == nil && d.may.CheckAddress(from.Addr().String(), from) == nil
	return n, from, heard, err
}
