// Package kv owns the table kv, in which scripts keep values that outlive them, and its
// buckets. host/kv keeps them.
package kv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/eslua/eslua/host/durable"
	"github.com/eslua/eslua/host/kv"
	"github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/luajson"
	lua "github.com/yuin/gopher-lua"
)

// Module declares the table kv.
type Module struct{ Buckets *kv.Buckets } // nil: nothing is kept

// mostWatches bounds the watches of a run.
const mostWatches = 8

// A keeper keeps the values of one run.
type keeper struct {
	env     *run.Env
	buckets *kv.Buckets
	pace    *durable.Pace
	watches map[*watch]bool
}

// Bind returns what the run keeps values with.
func (m Module) Bind(env *run.Env) any {
	return &keeper{env: env, buckets: m.Buckets, pace: durable.NewPace(env.Clock), watches: map[*watch]bool{}}
}

// watchSize counts as the memory that JetStream takes for a watch.
const watchSize = 80 << 10

// Holds counts the watches.
func (k *keeper) Holds(func(lua.LValue)) int { return len(k.watches) * watchSize }

// End closes the watches that the script has left.
func (k *keeper) End(ctx context.Context) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer stop()
	for w := range k.watches {
		w.watch.Close(ctx)
	}
}

// A bucket is shared by flows.
type bucket struct {
	vm.Nothing
	bucket *kv.Bucket
}

// bucketOf returns the bucket that a function or a method is about.
func bucketOf(a *vm.Args) (*keeper, *kv.Bucket, error) {
	k := a.Instance().(*keeper)
	if b, ok := a.Self().(*bucket); ok {
		return k, b.bucket, nil
	}
	if k.buckets == nil {
		return k, nil, errNotServed
	}
	b, err := k.buckets.Own(k.env.Flow)
	return k, b, err
}

var errNotServed = errors.New("kv: values are kept by eslua serve only")

func shared(a *vm.Args) error {
	k := a.Instance().(*keeper)
	if err := k.env.Grants.CheckBucket(a.String(0)); err != nil {
		return err
	}
	if k.buckets == nil {
		return errNotServed
	}
	b, err := k.buckets.Shared(a.String(0))
	if err != nil {
		return err
	}
	a.Return(a.State().NewObject("bucket", &bucket{bucket: b}))
	return nil
}

// failed returns what a script gets for an error.
func failed(a *vm.Args, k *keeper, err error) error {
	text := err.Error()
	switch {
	case errors.Is(err, kv.ErrChanged):
		text = "changed"
	case errors.Is(err, durable.ErrNowhere):
		return err
	default:
		k.env.Log.Warn("kv: a script did not reach what it keeps", "error", err)
	}
	a.Return(lua.LNil, lua.LString(text))
	return nil
}

func get(a *vm.Args) error {
	k, b, err := bucketOf(a)
	if err != nil {
		return err
	}
	a.ChargeCPU(durable.RequestCost)
	ctx, stop := k.env.AsideToKeep(a.Context())
	defer stop()
	e, ok, err := b.Get(ctx, a.String(0))
	switch {
	case err != nil:
		return failed(a, k, err)
	case !ok:
		a.Return(lua.LNil)
		return nil
	}
	v, err := value(a, e)
	if err != nil {
		return err
	}
	a.Return(v, lua.LNumber(e.Revision))
	return nil
}

// write does what put, create and cas have in common.
func write(options int, keep func(ctx context.Context, a *vm.Args, b *kv.Bucket, e kv.Entry) (uint64, error)) func(a *vm.Args) error {
	return func(a *vm.Args) error {
		k, b, err := bucketOf(a)
		if err != nil {
			return err
		}
		e := kv.Entry{Key: a.String(0)}
		if e.Until, err = k.until(a, options); err != nil {
			return err
		}
		if e.Value, e.JSON, err = text(a, b, 1); err != nil {
			return err
		}
		a.ChargeCPU(durable.RequestCost)
		ctx, stop := k.env.AsideToKeep(a.Context())
		defer stop()
		if err := k.pace.Wait(ctx); err != nil {
			return failed(a, k, err)
		}
		revision, err := keep(ctx, a, b, e)
		if err != nil {
			return failed(a, k, err)
		}
		a.Return(lua.LNumber(revision))
		return nil
	}
}

func put(ctx context.Context, _ *vm.Args, b *kv.Bucket, e kv.Entry) (uint64, error) {
	return b.Put(ctx, e)
}

func create(ctx context.Context, _ *vm.Args, b *kv.Bucket, e kv.Entry) (uint64, error) {
	return b.Set(ctx, e)
}

func compareAndSet(ctx context.Context, a *vm.Args, b *kv.Bucket, e kv.Entry) (uint64, error) {
	if e.Revision = uint64(max(a.Int(2), 0)); e.Revision == 0 { // which would create it
		return 0, kv.ErrChanged
	}
	return b.Set(ctx, e)
}

func remove(a *vm.Args) error {
	k, b, err := bucketOf(a)
	if err != nil {
		return err
	}
	var revision *uint64
	if a.Has(1) {
		r := uint64(max(a.Int(1), 0))
		revision = &r
	}
	a.ChargeCPU(durable.RequestCost)
	ctx, stop := k.env.AsideToKeep(a.Context())
	defer stop()
	if err := k.pace.Wait(ctx); err != nil {
		return failed(a, k, err)
	}
	if err := b.Delete(ctx, a.String(0), revision); err != nil {
		return failed(a, k, err)
	}
	a.ReturnBool(true)
	return nil
}

func increment(a *vm.Args) error {
	k, b, err := bucketOf(a)
	if err != nil {
		return err
	}
	n := 1.0
	if a.Has(1) {
		n = a.Number(1)
	}
	if n != float64(int64(n)) || n < -(1<<53) || n > 1<<53 {
		return fmt.Errorf("kv: a counter takes whole numbers up to 2^53, not %v", n)
	}
	until, err := k.until(a, 2)
	if err != nil {
		return err
	}
	a.ChargeCPU(2 * durable.RequestCost) // it is read and written
	ctx, stop := k.env.AsideToKeep(a.Context())
	defer stop()
	if err := k.pace.Wait(ctx); err != nil {
		return failed(a, k, err)
	}
	sum, err := b.Add(ctx, a.String(0), int64(n), until)
	if err != nil {
		return failed(a, k, err)
	}
	a.Return(lua.LNumber(sum))
	return nil
}

// until reads the options of a function that writes.
func (k *keeper) until(a *vm.Args, i int) (until time.Time, err error) {
	t := a.Table(i)
	if t == nil {
		return until, nil
	}
	a.FillLibrary(t)
	t.ForEach(func(name, v lua.LValue) {
		a.ChargeCPU(8)
		const most = 10 * 365 * 24 * 3600
		seconds, ok := v.(lua.LNumber)
		switch {
		case name != lua.LString("ttl"):
			err = fmt.Errorf("kv: %.40s is no option; write {ttl = SECONDS}", name.String())
		case !ok || !(seconds > 0 && seconds <= most):
			err = fmt.Errorf("kv: ttl is %.40s; write a number of seconds, at most ten years", v.String())
		default:
			until = k.env.Clock.Now().Add(time.Duration(float64(seconds) * float64(time.Second)))
		}
	})
	return until, err
}

// format writes numbers so that they are read as they were.
var format = &luajson.Format{Digits: 17}

// text returns a value as it is kept: a string as it is, everything else as JSON.
func text(a *vm.Args, b *kv.Bucket, i int) (text []byte, json bool, err error) {
	var s string
	switch v := a.Value(i).(type) {
	case lua.LString:
		s = string(v)
	case *lua.LNilType:
		return nil, false, errors.New("kv: there is no value nil; delete the key")
	default:
		if s, err = format.Encode(a, v); err != nil {
			return nil, false, fmt.Errorf("kv: %w", err)
		}
		json = true
	}
	if err := b.CheckValue(len(s)); err != nil {
		return nil, false, fmt.Errorf("kv: %w", err)
	}
	a.ChargeCPU(100 + len(s)/64)
	return []byte(s), json, nil
}

// value returns what a key has as the script gave it.
func value(a *vm.Args, e kv.Entry) (lua.LValue, error) {
	if !e.JSON {
		a.ChargeCPU(100 + durable.ValueCost*len(e.Value))
		return lua.LString(e.Value), nil
	}
	a.ChargeMemory(len(e.Value))
	a.ChargeCPU(durable.ValueCost * len(e.Value))
	v, err := format.Decode(a, string(e.Value))
	if err != nil {
		return nil, fmt.Errorf("kv: the value of %.80q is no JSON: %w", e.Key, err)
	}
	return v, nil
}

// method returns a function as a method of a bucket.
func method(f vm.Func) vm.Func {
	f.Doc = "As kv." + f.Name + ", in this bucket."
	f.Example = "local bucket = kv.bucket(\"agents\")\n" + strings.ReplaceAll(f.Example, "kv.", "bucket:")
	return f
}
