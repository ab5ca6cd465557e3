package clock

import "context"

// A Blocker hears when the goroutine that runs a script blocks: everything between two
// blocks is the script's processor time.
type Blocker interface {
	// Block is called before the statement that may block, and Unblock after it.
	Block()
	Unblock()
	// Compute is called in the place of Block before a statement that computes for long
	// and is not the script's Lua: its time is the script's too.
	Compute()
	// Look is called now and then by what computes so, or within a block. It counts units
	// of 10 ns that cannot be measured, lets others compute, and returns why the script
	// must end, nil if it need not.
	Look(units int) error
}

// BlockerKey finds the Blocker of a context. Such a context belongs to one
// goroutine.
type BlockerKey struct{}

// BlockerOf returns the Blocker of ctx. Whatever blocks on behalf of a context
// calls it.
func BlockerOf(ctx context.Context) Blocker {
	if b, ok := ctx.Value(BlockerKey{}).(Blocker); ok {
		return b
	}
	return nobody{ctx}
}

type nobody struct{ ctx context.Context }

func (nobody) Block()           {}
func (nobody) Unblock()         {}
func (nobody) Compute()         {}
func (n nobody) Look(int) error { return context.Cause(n.ctx) }
