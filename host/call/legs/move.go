package legs

import "net"

// Redirect has the legs that are dialled from now on come to another port of this
// host: that of the calls is closed, or another eslua's, while the last of them
// still dial.
func (r *Registry) Redirect(port string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moved = port
}

// reached is where FreeSWITCH reaches us now, if it did at listener once.
func (r *Registry) reached(listener string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	host, _, err := net.SplitHostPort(listener)
	if r.moved == "" || err != nil {
		return listener
	}
	return net.JoinHostPort(host, r.moved)
}
