package job

import (
	"github.com/eslua/eslua/host/freeswitch/esl"
	"github.com/eslua/eslua/host/freeswitch/node"
	"github.com/eslua/eslua/host/run"
)

// ears holds the subscriptions of one hook to the nodes.
type ears map[*node.Link][]*node.Subscription

// hear adds what the hook wants of a node: events, and of these only those for which a
// condition holds, unless it is nil. The hook gets them from replace on.
func (e *ears) hear(l *node.Link, i node.Interest, where *run.Condition, receive func(esl.Event)) error {
	if *e == nil {
		*e = ears{}
	}
	sub := l.Deliver(receive)
	if where != nil {
		for _, v := range where.Values {
			sub.Filter(where.Header, v)
		}
	}
	(*e)[l] = append((*e)[l], sub)
	return sub.Add(i)
}

// replace ends what these hear, and has others hear from then on.
func (e ears) replace(now ears) {
	for l, subs := range e {
		l.Replace(subs, now[l])
	}
	for l, subs := range now {
		if e[l] == nil {
			l.Replace(nil, subs)
		}
	}
}
