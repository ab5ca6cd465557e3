package clock

import "context"

// A Blocker hears when the goroutine that runs a script blocks: everything between two
// blocks is the script's processor time.
type Blocker interface {
	// Block is called before the statement that may block, and Unblock after it.
	Block()
	Unblock()
}

// BlockerKey is the key of a context's Blocker. Such a context belongs to one
// goroutine.
type BlockerKey struct{}

// BlockerOf returns the Blocker of ctx. Whatever blocks on behalf of a context
// calls it.
func BlockerOf(ctx context.Context) Blocker {
	if b, ok := ctx.Value(BlockerKey{}).(Blocker); ok {
		return b
	}
	return nobody{}
}

type nobody struct{}

func (nobody) Block()   {}
func (nobody) Unblock() {}
