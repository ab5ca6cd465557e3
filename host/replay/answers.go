package replay

import (
	"context"

	"github.com/eslua/eslua/host/answers"
	"github.com/eslua/eslua/host/conversation"
)

// Answers returns what gives the answers of the recorded call to its script. aside returns the
// context in which the script waits for others than FreeSWITCH.
func (p *Peer) Answers(aside func(context.Context) (context.Context, func())) *answers.Player {
	player := answers.NewPlayer(answers.Deps{
		Hides: p.mask.Hides, Mask: p.hide, Plain: plain, Restore: p.restore, Aside: aside, Clock: p.clock,
		Began: p.recorded.Began,
	})
	for _, item := range p.recorded.Items {
		if item.Kind != conversation.Answered {
			continue
		}
		if a, err := answers.Decode(item.Text); err == nil { // it is of no use otherwise
			player.Add(a, item.At)
		}
	}
	return player
}

// hide masks what a script asks.
func (p *Peer) hide(a *answers.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mask.Answer(a)
}

// restore returns a text with keys and names as this call has them.
func (p *Peer) restore(text string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.same.replace(conversation.Press(text, p.key))
}
