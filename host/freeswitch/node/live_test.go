package node

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/freeswitch/esl/livetest"
)

// FreeSWITCH sends what is wanted, and no longer what nobody wants.
func TestLiveSubscriptions(t *testing.T) {
	address, password := livetest.Address(t)
	l := New(Node{Name: "live", Address: address, Password: password}, slog.New(slog.DiscardHandler), clock.System(), Options{})
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan error)
	go func() { ended <- l.Run(ctx) }()
	defer func() { stop(); <-ended }()
	if err := l.Await(ctx); err != nil {
		t.Fatal(err)
	}
	fire := func(name, subclass, n string) {
		if err := l.SendEvent(ctx, name, [][2]string{{"Event-Subclass", subclass}, {"n", n}}, ""); err != nil {
			t.Error(err)
		}
	}
	all, one := subscribe(t, l, Bounds{}, "ALL"), subscribe(t, l, Bounds{}, "CUSTOM eslua::a", "MESSAGE")
	for _, s := range []*Subscription{all, one} {
		s.Filter("n", "1")
		if err := s.Confirm(ctx); err != nil {
			t.Fatal(err)
		}
	}
	fire("CUSTOM", "eslua::a", "1")
	fire("CUSTOM", "eslua::b", "1")
	fire("MESSAGE", "", "1")
	seen := func(s *Subscription, n int) (names []string) {
		for range n {
			e, err := s.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, e.Get("Event-Name")+e.Get("Event-Subclass"))
		}
		return names
	}
	if got := seen(one, 2); !slices.Equal(got, []string{"CUSTOMeslua::a", "MESSAGE"}) {
		t.Error("one got", got)
	}
	if got := seen(all, 3); !slices.Equal(got, []string{"CUSTOMeslua::a", "CUSTOMeslua::b", "MESSAGE"}) {
		t.Error("all got", got)
	}
	all.Close()
	before := l.board.distributed()
	for range 50 { // the first, or a few, have ALL taken back
		fire("GENERAL", "", "2")
	}
	fire("MESSAGE", "", "1")
	if got := seen(one, 1); got[0] != "MESSAGE" {
		t.Error("one got", got)
	}
	if n := l.board.distributed() - before; n > 25 {
		t.Errorf("FreeSWITCH sent %d events of which nobody wants more than one", n)
	}
}
