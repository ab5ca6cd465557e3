package bindings_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
)

// sends makes the script's log lines "send KIND WORD" send an event to its call
// before the script continues.
func (h *harness) sends(orders ...[2]string) (called func(uuid string)) {
	link := h.node()
	uuid := make(chan string, 1)
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	for _, o := range orders {
		h.log.when[fmt.Sprintf("send %s %s", o[0], o[1])] = func() {
			id := <-uuid
			uuid <- id
			headers := [][2]string{{"Unique-ID", id}, {"X-Word", o[1]}}
			if err := link.SendEvent(context.Background(), o[0], headers, "a\nb"); err != nil {
				h.t.Error(err)
			}
		}
	}
	return func(id string) { uuid <- id }
}

const sendFunction = `
		local function send(kind, word) freeswitch.consoleLog("info", "send " .. kind .. " " .. word) end `

// Events that come while only park runs reach the input callback during the method
// that waits, or during the next one that calls it.
func TestEventsReachTheInputCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, sendFunction+`
		r = ""
		function heard(s, kind, ev, extra)
			local word = ev:getHeader("X-Word")
			r = r .. kind .. ":" .. ev:getType() .. ":" .. word .. ":" .. ev:getBody() .. extra .. " "
			if word == "stop" then return "break" end
		end
		extra = "!"
		session:answer()
		session:setInputCallback("heard", "extra")
		send("MESSAGE", "one")
		session:sleep(100)
		send("TEXT", "two")
		send("COMMAND", "stop")
		send("CUSTOM", "never")
		r2 = session:sleep(60000)
		send("MESSAGE", "kept")
		session:getDigits(1, "", 100)
		r3 = r
		repeat session:sleep(20) until r:find("kept")
		send("MESSAGE", "forgotten")
		session:getDigits(1, "", 400)
		session:flushEvents()
		session:sleep(20)`)
		called := h.sends([2]string{"MESSAGE", "one"}, [2]string{"TEXT", "two"}, [2]string{"COMMAND", "stop"},
			[2]string{"CUSTOM", "never"}, [2]string{"MESSAGE", "kept"}, [2]string{"MESSAGE", "forgotten"})
		called(h.call().UUID())
		const before = "event:MESSAGE:one:a\nb! event:TEXT:two:a\nb! event:COMMAND:stop:a\nb! "
		h.end().want(t, "r2", "0", "r3", before, "r", before+"event:MESSAGE:kept:a\nb! ")
	})
}

func TestNoInputCallbackNoEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, sendFunction+`
		r = "no"
		function heard() r = "yes" end
		session:answer()
		send("TALK", "one") -- of a type that comes unasked
		session:sleep(50)
		session:setInputCallback("heard")
		session:unsetInputCallback()
		send("MESSAGE", "two")
		session:getDigits(1, "", 50)
		session:setInputCallback("heard")
		session:sleep(20)`)
		called := h.sends([2]string{"TALK", "one"}, [2]string{"MESSAGE", "two"})
		called(h.call().UUID())
		h.end().want(t, "r", "no")
	})
}
