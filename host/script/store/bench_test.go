package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/script/vm"
)

// BenchmarkReload saves one of 500 scripts and accepts the tree. In the same run it
// measures, for comparison, loading the whole tree and Reload, which reads every
// file. A history on disk is written meanwhile, as in production.
func BenchmarkReload(b *testing.B) {
	dir := b.TempDir()
	body := strings.Repeat("local function step(session, n)\n  if n > 3 then return session:hangup('NORMAL_CLEARING') end\n  return session:sleep(n * 100)\nend\n", 20)
	for i := range 500 {
		put(b, dir, fmt.Sprintf("d%d/flow%d.lua", i%20, i), fmt.Sprintf("%s\nreturn %d", body, i))
	}
	history, err := OpenHistory(b.TempDir(), 100, quiet, clock.System())
	must(b, err)
	history.Protect(func() []string { return nil })
	s, err := Open(b.Context(), dir, Config{History: history}, vm.Compile, quiet, clock.System())
	must(b, err)
	must(b, history.Close(context.Background()))
	w := unnotified(s)
	save := func(n int) {
		name := filepath.Join(dir, "d7/flow7.lua")
		must(b, os.WriteFile(name+".tmp", fmt.Appendf(nil, "%s\nreturn 'new %d'", body, n), 0o644))
		must(b, os.Rename(name+".tmp", name))
	}

	timed := func(times int, before, what func(n int)) time.Duration {
		var sum time.Duration
		for n := range times {
			before(n)
			begin := time.Now()
			what(n)
			sum += time.Since(begin)
		}
		return sum / time.Duration(times)
	}
	whole := timed(5, func(int) {}, func(int) {
		_, err := Open(b.Context(), dir, Config{}, vm.Compile, quiet, clock.System())
		must(b, err)
	})
	reread := timed(5, func(n int) { save(-1 - n) }, func(int) { must(b, s.Reload(context.Background())) })

	swaps, n := s.Status().Swaps, 0
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		save(n)
		n++
		b.StartTimer()
		w.step(b.Context()) // as after a notification: a scan that finds the change,
		w.step(b.Context()) // and one that finds it stable
	}
	if got := s.Status().Swaps - swaps; got != uint64(n) {
		b.Fatalf("%d swaps for %d saves", got, n)
	}
	each := b.Elapsed() / time.Duration(n)
	must(b, history.Close(context.Background()))
	b.ReportMetric(float64(whole)/float64(each), "times-faster-than-load")
	b.ReportMetric(float64(reread)/float64(each), "times-faster-than-reread")
}
