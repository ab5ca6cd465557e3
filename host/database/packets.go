package database

import "errors"

// packets watches what a MySQL server sends: the driver makes as many columns as a server
// announces, and with 2^40 of them the process would end. A number of columns comes as the
// first packet after a command, or after the end of another result.
type packets struct {
	begun   bool // the handshake is over
	asked   bool // a command was sent, and nothing has come since
	ended   bool // the last packet ended a result
	head    [4 + 9]byte
	have    int // bytes of the packet that have come
	tooMany bool
}

var errColumns = errors.New("the server announces more columns than a result can have")

// The bytes with which packets begin that could be such a number.
const (
	threeBytes = 0xfd
	eightBytes = 0xfe // or the end of a result, or the name of a way to authenticate
)

// sent notes that something was sent to the server.
func (p *packets) sent() {
	if p != nil {
		p.asked = true
	}
}

// came looks at bytes of the server.
func (p *packets) came(b []byte) error {
	if p == nil {
		return nil
	}
	for len(b) > 0 && !p.tooMany {
		b = b[p.take(b):]
	}
	if p.tooMany {
		return errColumns
	}
	return nil
}

// take looks at bytes of one packet, and returns how many there were.
func (p *packets) take(b []byte) (n int) {
	if p.have < len(p.head) {
		n = copy(p.head[p.have:p.end()], b)
	} else {
		n = min(len(b), p.end()-p.have)
	}
	if p.have += n; p.have >= 4 && p.have == p.whole() {
		p.tooMany = p.isNumber()
		p.asked, p.ended = false, p.length() > 0 && p.head[4] == eightBytes
		p.have = 0
	}
	return n
}

func (p *packets) length() int { return int(p.head[0]) | int(p.head[1])<<8 | int(p.head[2])<<16 }

func (p *packets) whole() int { return 4 + p.length() }

// end returns up to where bytes of the packet can be taken at once.
func (p *packets) end() int {
	switch {
	case p.have < 4:
		return 4
	case p.have < len(p.head):
		return min(len(p.head), p.whole())
	}
	return p.whole()
}

// isNumber reports whether the packet may be a number of columns that no result has.
func (p *packets) isNumber() bool {
	n, body := p.length(), p.head[4:]
	value := int(body[1]) | int(body[2])<<8 | int(body[3])<<16
	switch {
	case n >= 4 && body[0] == threeBytes: // or a row whose first column is so long
		return !p.begun || p.asked || p.ended && value > n-4
	case n >= 9 && body[0] == eightBytes:
		return p.begun && (p.asked || p.ended) || !p.begun && !isName(body[1:7])
	}
	return false
}

func isName(b []byte) bool {
	for _, c := range b {
		if (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
