package main

import (
	"crypto/md5"
	"fmt"
	"net"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// A phone is a SIP user agent on UDP, for tests with a real FreeSWITCH. It answers a call as
// the number says that was dialled: 180-200 rings and answers, 486 refuses, 183 goes on
// for ever. A call that it has answered it ends after half a second.
type phone struct {
	conn    *net.UDPConn
	mu      sync.Mutex
	invited []string // the numbers that were dialled
	replies chan string
	done    chan struct{}
}

func newPhone(t *testing.T, address string) *phone {
	t.Helper()
	local, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp", local)
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{conn: conn, replies: make(chan string, 100), done: make(chan struct{})}
	go p.listen()
	t.Cleanup(func() { _ = conn.Close(); <-p.done })
	return p
}

func (p *phone) address() string { return p.conn.LocalAddr().String() }

// numbers returns which numbers were dialled, in order.
func (p *phone) numbers() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.invited...)
}

// listen answers requests, and passes on the answers to its own.
func (p *phone) listen() {
	defer close(p.done)
	var calls sync.WaitGroup
	defer calls.Wait()
	buffer, seen, cancelled := make([]byte, 65536), map[string]bool{}, map[string]chan struct{}{}
	for {
		n, from, err := p.conn.ReadFromUDP(buffer)
		if err != nil {
			for _, c := range cancelled {
				close(c)
			}
			return
		}
		m := string(buffer[:n])
		id := sipHeader(m, "Call-ID")
		switch verb, _, _ := strings.Cut(m, " "); verb {
		case "SIP/2.0":
			p.replies <- m
		case "INVITE":
			if seen[id] {
				continue // sent again
			}
			seen[id], cancelled[id] = true, make(chan struct{})
			cancel := cancelled[id]
			calls.Go(func() { p.answer(m, from, cancel) })
		case "CANCEL", "BYE":
			p.send(from, reply(m, "200 OK", ""))
			if verb == "BYE" {
				p.replies <- m
			}
			if c := cancelled[id]; c != nil {
				close(c)
				delete(cancelled, id)
			}
		}
	}
}

func (p *phone) send(to *net.UDPAddr, m string) { _, _ = p.conn.WriteToUDP([]byte(m), to) }

// answer sends the answers that the number lists.
func (p *phone) answer(invite string, from *net.UDPAddr, over <-chan struct{}) {
	number, _, _ := strings.Cut(strings.TrimPrefix(strings.Fields(invite)[1], "sip:"), "@")
	p.mu.Lock()
	p.invited = append(p.invited, number)
	p.mu.Unlock()
	wait := func(d time.Duration) (ended bool) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-over:
			return true
		case <-timer.C:
			return false
		}
	}
	for _, code := range strings.Split(number, "-") {
		sdp := ""
		if code == "183" || code == "200" {
			sdp = p.sdp()
		}
		if wait(100 * time.Millisecond) {
			p.send(from, reply(invite, "487 Request Terminated", ""))
			return
		}
		p.send(from, reply(invite, code+" X", sdp))
		if code >= "300" {
			return
		}
	}
	if !strings.HasSuffix(number, "200") {
		<-over
		p.send(from, reply(invite, "487 Request Terminated", ""))
	} else if !wait(500 * time.Millisecond) {
		p.send(from, p.request("BYE", "sip:x@"+from.String(), sipHeader(invite, "To")+";tag=phone", sipHeader(invite, "From"), sipHeader(invite, "Call-ID"), 1, "", ""))
	}
}

func (p *phone) sdp() string {
	_, port, _ := net.SplitHostPort(p.address())
	return "v=0\r\no=x 1 1 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " + port + " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
}

func (p *phone) request(verb, uri, from, to, id string, seq int, headers, body string) string {
	if body != "" {
		headers += "Content-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%d;rport\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:x@%s>\r\n%sContent-Length: %d\r\n\r\n%s",
		verb, uri, p.address(), strings.ReplaceAll(id, "@", ""), seq, from, to, id, seq, verb, p.address(), headers, len(body), body)
}

// reply answers a request.
func reply(m, status, sdp string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %s\r\n", status)
	for _, line := range strings.Split(m, "\r\n") {
		switch name, _, _ := strings.Cut(line, ":"); name {
		case "Via", "From", "Call-ID", "CSeq":
			b.WriteString(line + "\r\n")
		case "To":
			if !strings.Contains(line, "tag=") {
				line += ";tag=phone"
			}
			b.WriteString(line + "\r\n")
		}
	}
	if sdp != "" {
		b.WriteString("Contact: <" + "sip:phone@127.0.0.1" + ">\r\nContent-Type: application/sdp\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(sdp), sdp)
	return b.String()
}

func sipHeader(m, name string) string {
	for _, line := range strings.Split(m, "\r\n") {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return value
		}
	}
	return ""
}

// call calls eslua-live at a FreeSWITCH, which hands the call to a socket, and returns the
// answers: "100 180 200 BYE". It cancels after the answer leave, or says BYE after 200.
func (p *phone) call(t *testing.T, sw, socket, leave string) (answers []string) {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", sw)
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprintf("eslua-%d", time.Now().UnixNano())
	uri, from := "sip:eslua-live@"+sw, "\"Pat & Jo\" <sip:1234@127.0.0.1>;tag=a"+id
	p.send(to, p.request("INVITE", uri, from, "<"+uri+">", id, 1, "X-Socket: "+socket+"\r\n", p.sdp()))
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	for {
		var m string
		select {
		case m = <-p.replies:
		case <-limit.C:
			t.Errorf("the call does not end; it got %q", answers)
			return answers
		}
		if sipHeader(m, "Call-ID") != id || strings.HasPrefix(sipHeader(m, "CSeq"), "1 CANCEL") {
			continue
		}
		if strings.HasPrefix(m, "BYE") {
			return append(answers, "BYE")
		}
		code := strings.Fields(m)[1]
		if sipHeader(m, "CSeq") == "2 BYE" {
			return append(answers, "left")
		}
		if len(answers) == 0 || answers[len(answers)-1] != code {
			answers = append(answers, code)
		}
		if code >= "200" {
			p.send(to, p.request("ACK", uri, from, sipHeader(m, "To"), id, 1, "", ""))
		}
		switch {
		case code >= "300":
			return answers
		case code == leave && code < "200":
			p.send(to, strings.Replace(p.request("CANCEL", uri, from, "<"+uri+">", id, 1, "", ""), "1 INVITE", "1 CANCEL", 1))
		case code == leave:
			p.send(to, p.request("BYE", uri, from, sipHeader(m, "To"), id, 2, "", ""))
		}
	}
}

var quoted = regexp.MustCompile(`(realm|nonce)="([^"]*)"`)

// register registers the phone as a user.
func (p *phone) register(t *testing.T, sw, domain, user, password string) {
	t.Helper()
	to, err := net.ResolveUDPAddr("udp", sw)
	if err != nil {
		t.Fatal(err)
	}
	uri, from := "sip:"+domain, "<sip:"+user+"@"+domain+">"
	id, contact := fmt.Sprintf("register-%d", time.Now().UnixNano()), "Expires: 60\r\n"
	for seq := 1; seq < 3; seq++ {
		p.send(to, strings.Replace(p.request("REGISTER", uri, from+";tag=r", from, id, seq, contact, ""), "<sip:x@", "<sip:"+user+"@", 1))
		m := <-p.replies
		if code := strings.Fields(m)[1]; code == "200" {
			return
		}
		field := map[string]string{}
		for _, f := range quoted.FindAllStringSubmatch(sipHeader(m, "WWW-Authenticate"), -1) {
			field[f[1]] = f[2]
		}
		hash := func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) }
		answer := hash(hash(user+":"+field["realm"]+":"+password) + ":" + field["nonce"] + ":00000001:c:auth:" + hash("REGISTER:"+uri))
		contact += fmt.Sprintf("Authorization: Digest username=%q, realm=%q, nonce=%q, uri=%q, response=%q, algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\"\r\n",
			user, field["realm"], field["nonce"], uri, answer)
	}
	t.Fatalf("user %s is not registered", user)
}
