package guard

import "time"

// Limits holds the budgets of one state and all its coroutines. A field of zero
// or less takes its default.
type Limits struct {
	Memory   int64         // bytes reachable by the script; default 16 MiB
	Burst    time.Duration // Lua processor time between two waits; default 1 s
	CPU      time.Duration // Lua processor time in all; default 60 s
	Duration time.Duration // wall clock from Run to its end, waits included; default none
	Stack    int           // nested Lua calls; default 16000
	Source   int           // bytes of one source text given to load; default 256 KiB
	// AfterHangup is the Lua processor time after the caller has gone; default 100 ms.
	// With a hangup hook it is Burst, if that is more.
	AfterHangup time.Duration
}

// AfterHangup names, in LimitError.Limit, the limit of a script that has computed on without its
// caller.
const AfterHangup = "after_hangup"

// UnitsPerSecond converts the budgets' seconds to units of work.
const UnitsPerSecond = 100_000_000

// WithDefaults returns l with the fields filled that are not set.
func (l Limits) WithDefaults() Limits {
	if l.Memory <= 0 {
		l.Memory = 16 << 20
	}
	if l.Burst <= 0 {
		l.Burst = time.Second
	}
	if l.CPU <= 0 {
		l.CPU = time.Minute
	}
	if l.AfterHangup <= 0 {
		l.AfterHangup = 100 * time.Millisecond
	}
	if l.Stack <= 0 {
		l.Stack = 16000
	}
	if l.Source <= 0 {
		l.Source = MaxSource
	}
	return l
}

// MaxSource limits the bytes of one source text, unless Limits says otherwise.
const MaxSource = 256 << 10
