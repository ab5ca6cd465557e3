package listener

// Queued returns the length of the accept queue.
func (l *Listener) Queued() int { return queued(l.TCPListener) }
