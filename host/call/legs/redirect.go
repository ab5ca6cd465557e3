package legs

import "net"

// Redirect makes the legs dialled from now on come to another port of this host,
// because that of the calls is closed or belongs to another eslua.
func (r *Registry) Redirect(port string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.redirect = port
}

// listener returns the address at which FreeSWITCH reaches us now, given the one at
// which it did.
func (r *Registry) listener(address string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	host, _, err := net.SplitHostPort(address)
	if r.redirect == "" || err != nil {
		return address
	}
	return net.JoinHostPort(host, r.redirect)
}
