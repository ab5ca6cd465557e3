package listener

// Waiting is the length of the accept queue.
func (p *Listener) Waiting() int { return waiting(p.TCPListener) }
