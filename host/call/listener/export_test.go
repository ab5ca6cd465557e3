package listener

// Waiting is the length of the accept queue.
func (p *Port) Waiting() int { return waiting(p.TCPListener) }
