package bindings_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/eslua/eslua/bindings"
	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/database"
	"github.com/eslua/eslua/host/operate/config"
	host "github.com/eslua/eslua/host/run"
	"github.com/eslua/eslua/host/script/grant"
	"github.com/eslua/eslua/host/script/vm"
	"github.com/eslua/eslua/host/script/vm/guard"
)

// A benchDatabase is a database with 10,000 customers, and a runner whose scripts may use it.
type benchDatabase struct {
	data   *database.Databases
	runner *host.Runner
	grants grant.Grants
}

// benchDatabases runs a benchmark on SQLite and on the servers that the environment names.
func benchDatabases(b *testing.B, bench func(b *testing.B, d *benchDatabase)) {
	for _, dsn := range []string{"sqlite://" + filepath.Join(b.TempDir(), "customers.db"), os.Getenv("ESLUA_POSTGRES"), os.Getenv("ESLUA_MARIADB")} {
		if dsn != "" {
			b.Run(config.DSN(dsn).Kind(), func(b *testing.B) {
				d := newBenchDatabase(b, config.DSN(dsn))
				b.ResetTimer() // filling a server takes longer than the benchmark
				bench(b, d)
			})
		}
	}
}

func newBenchDatabase(b *testing.B, dsn config.DSN) *benchDatabase {
	data, err := database.New(map[string]config.Database{"customers": {DSN: dsn, Connections: 2, Timeout: config.Duration(time.Minute)}}, clock.System())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(data.Close)
	set := bindings.New(bindings.Deps{Databases: data})
	machine, err := vm.NewMachine(set.Modules()...)
	if err != nil {
		b.Fatal(err)
	}
	d := &benchDatabase{data: data, grants: grant.Default(), runner: host.New(host.Deps{Machine: machine, Binder: set, Clock: clock.System()})}
	d.grants.Databases = []string{"customers"}
	d.run(b, 1, `
		local d = freeswitch.Dbh("customers")
		d:query("drop table if exists customers")
		assert(d:query("create table customers(id int primary key, name varchar(40), context varchar(40))"))
		d:query("begin")
		for i = 1, 10000 do
			assert(d:query("insert into customers values (" .. i .. ", 'customer " .. i .. "', 'default')"))
		end
		assert(d:query("commit"))`, nil)
	return d
}

// run runs a script, whose argv[1] is n. Where the script prints, look gets its state.
func (d *benchDatabase) run(b *testing.B, n int, source string, look func(*vm.State)) {
	b.Helper()
	script, err := vm.Compile("bench.lua", []byte(source))
	if err != nil {
		b.Fatal(err)
	}
	r := &host.Run{
		Scripts: host.Single(script), Args: []string{strconv.Itoa(n)},
		Config: host.Config{Grants: &d.grants, Limits: guard.Limits{CPU: time.Hour, Burst: time.Hour}},
		Env:    host.Env{Log: slog.New(slog.DiscardHandler)},
	}
	r.Print = func(string) { look(r.Env.State) }
	if err := d.runner.Run(b.Context(), r); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkDbh reports the time for a query of one row by a script (us/query) and how many
// times that is of the same query by Go on the same pool (x-go). Both run in turns, and
// the ratio is the median of those of all turns.
func BenchmarkDbh(b *testing.B) {
	const turn = 200
	const text = "select name, context from customers where id = 4711"
	benchDatabases(b, func(b *testing.B, d *benchDatabase) {
		source := fmt.Sprintf(`
			local d, name = freeswitch.Dbh("customers")
			for i = 1, argv[1] do
				d:query(%q, function(row) name = row.name end)
			end
			assert(name == "customer 4711")`, text)
		plain := func(n int) {
			h, err := d.data.Open(context.Background(), "customers")
			if err != nil {
				b.Fatal(err)
			}
			defer h.Release()
			name := ""
			for range n {
				rows, err := h.Query(context.Background(), text, nil)
				for row, err := rows.Next(); row != nil; row, err = rows.Next() {
					if name = string(row.Values[0].Text); err != nil {
						b.Fatal(err)
					}
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			if name != "customer 4711" {
				b.Fatal(name)
			}
		}
		var total time.Duration
		var ratios []float64
		for left := b.N; left > 0; left -= turn {
			n := min(left, turn)
			var lua, plainGo time.Duration
			if len(ratios)%2 == 0 {
				lua, plainGo = took(func() { d.run(b, n, source, nil) }), took(func() { plain(n) })
			} else {
				plainGo, lua = took(func() { plain(n) }), took(func() { d.run(b, n, source, nil) })
			}
			total += lua
			ratios = append(ratios, float64(lua)/float64(plainGo))
		}
		slices.Sort(ratios)
		b.ReportMetric(float64(total.Microseconds())/float64(b.N), "us/query")
		b.ReportMetric(ratios[len(ratios)/2], "x-go")
	})
}

// BenchmarkDbhRows reads 10,000 rows through a callback under the default limits, and
// reports the most memory that the script holds meanwhile (KiB-held).
func BenchmarkDbhRows(b *testing.B) {
	benchDatabases(b, func(b *testing.B, d *benchDatabase) {
		most := int64(0)
		for range b.N {
			d.run(b, 1, `
				local n = 0
				freeswitch.Dbh("customers"):query("select id, name, context from customers", function(row)
					n = n + 1
					if n % 1000 == 0 then print() end
				end)
				assert(n == 10000, n)`, func(s *vm.State) { most = max(most, s.Census()) })
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10000, "ns/row")
		b.ReportMetric(float64(most)/1024, "KiB-held")
	})
}

func took(do func()) time.Duration {
	begin := time.Now()
	do()
	return time.Since(begin)
}
