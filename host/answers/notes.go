package answers

import (
	"errors"

	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/trace"
	lua "github.com/yuin/gopher-lua"
)

// Notes notes the answers that the script of one call gets. It is a vm.Outside.
type Notes struct {
	tape  Tape
	hides func(name string) bool
	objects
	open []*writer // functions that have not returned
	news []*Answer // of them
	over bool      // nothing more is recorded
}

// A Tape gets what is noted, in order.
type Tape interface {
	// Answered records an answer. It reports false if nothing more is recorded.
	Answered(text string) bool
	// Stop ends what is recorded: the call goes on with what is not known.
	Stop()
	// Commands returns how often something was sent over the connection of the call.
	Commands() int
}

// NewNotes returns notes for a call; hides reports whether the value of a name is hidden.
func NewNotes(tape Tape, hides func(name string) bool) *Notes {
	return &Notes{tape: tape, hides: hides}
}

// Knows reports whether an object has come from outside.
func (n *Notes) Knows(object *lua.LUserData) bool { return n.number(object) > 0 }

// Asks calls the function, and notes what it answers.
func (n *Notes) Asks(a *vm.Args, call func(*vm.Args) error) error {
	if n.over {
		return call(a)
	}
	w := &writer{objects: &n.objects, args: a}
	news := w.asked(n.hides)
	n.open, n.news = append(n.open, w), append(n.news, news)
	defer func() { n.open, n.news = n.open[:len(n.open)-1], n.news[:len(n.news)-1] }()
	before := n.tape.Commands()
	err := call(a)
	news.Results = w.values(a.Results(), true)
	news.Sent = n.tape.Commands() != before
	if err != nil {
		text := runes(err.Error())
		news.Error, news.Bare = &text, errors.As(err, new(vm.Bare))
	}
	text, wrong := news.Encode()
	if n.over = n.over || wrong != nil || w.full; n.over {
		n.tape.Stop()
	} else {
		n.over = !n.tape.Answered(text)
	}
	if n.over {
		n.numbers = nil
	}
	return err
}

// CallsBack notes the arguments of a function of the script.
func (n *Notes) CallsBack(args []lua.LValue) {
	if last := len(n.open) - 1; last >= 0 {
		n.news[last].Calls = append(n.news[last].Calls, n.open[last].values(args, true))
	}
}

// asked writes what is asked.
func (w *writer) asked(hides func(name string) bool) *Answer {
	name, declared := w.args.Declared()
	asked := &Answer{Func: name}
	if self, ok := w.args.L.Get(1).(*lua.LUserData); ok {
		asked.Object = w.number(self)
	}
	for i := range w.args.Len() {
		v := w.value(w.args.Value(i), false, 0)
		if v != nil && i < len(declared.Params) && hides(declared.Params[i].Name) {
			v = trace.Masked
		}
		asked.Args = append(asked.Args, v)
	}
	for last := len(asked.Args) - 1; last >= 0 && asked.Args[last] == nil; last-- {
		asked.Args = asked.Args[:last]
	}
	return asked
}
