package database

import (
	"errors"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite's own limit on memory is one for the process, so that a script which sorts much
// would have the commands of all others fail. Here each connection has a share that
// nobody takes from it, and all together have some more.
const (
	sqliteShare  = 8 << 20
	sqliteBeyond = 64 << 20 // what connections hold beyond their shares, together
)

var errSQLiteMemory = errors.New("out of memory: the command needs more than SQLite may hold for it; sort, join or change less at a time")

// sqliteHolders finds the connection for which SQLite allocates: each has a TLS of its
// own.
var sqliteHolders sync.Map // *libc.TLS: *sqliteHolder

// A sqliteHolder counts what SQLite holds for a connection. It belongs to the goroutine
// that the connection belongs to.
type sqliteHolder struct {
	held    int64
	refused bool // the present command has asked for too much
}

var sqliteHeldBeyond atomic.Int64

// end forgets what is still counted: what SQLite shares between the connections to one
// file, another one frees.
func (h *sqliteHolder) end() { sqliteHeldBeyond.Add(-max(0, h.held-sqliteShare)) }

// add counts bytes, or reports false if they are too many.
func (h *sqliteHolder) add(n int64) bool {
	beyond := max(0, h.held+n-sqliteShare) - max(0, h.held-sqliteShare)
	if sqliteHeldBeyond.Add(beyond) > sqliteBeyond && beyond > 0 {
		sqliteHeldBeyond.Add(-beyond)
		h.refused = true
		return false
	}
	h.held += n
	return true
}

// sqliteAlloc, sqliteResize, sqliteFree and sqliteSize are the functions that SQLite
// allocates with by itself.
var sqliteAlloc, sqliteResize, sqliteFree, sqliteSize uintptr

// prepareSQLite puts the count in front of them.
var prepareSQLite = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	defer tls.Close()
	methods := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_mem_methods{})))
	defer libc.Xfree(tls, methods)
	config := func(option int32) {
		args := libc.NewVaList(methods)
		defer libc.Xfree(tls, args)
		sqlite3.Xsqlite3_config(tls, option, args)
	}
	config(sqlite3.SQLITE_CONFIG_GETMALLOC)
	put := func(offset, count uintptr) (by uintptr) {
		by = libc.AtomicLoadPUintptr(methods + offset)
		if count != 0 {
			libc.AtomicStorePUintptr(methods+offset, count)
		}
		return by
	}
	of := sqlite3.Tsqlite3_mem_methods{}
	sqliteAlloc = put(unsafe.Offsetof(of.FxMalloc), goCallback(countAlloc))
	sqliteResize = put(unsafe.Offsetof(of.FxRealloc), goCallback(countResize))
	sqliteFree = put(unsafe.Offsetof(of.FxFree), goCallback(countFree))
	sqliteSize = put(unsafe.Offsetof(of.FxSize), 0)
	config(sqlite3.SQLITE_CONFIG_MALLOC)
})

// blockSize returns what an allocation takes: modernc.org/memory has blocks of powers of
// two, and pages.
func blockSize(n int32) int64 {
	const head, page = 24, 4 << 10
	if n <= 32<<10 {
		return 1 << bits.Len32(uint32(n+head-1))
	}
	return int64(n+head+page-1) &^ (page - 1)
}

func sizeOf(tls *libc.TLS, p uintptr) int64 {
	return blockSize(goFunc[func(*libc.TLS, uintptr) int32](sqliteSize)(tls, p))
}

func holderOf(tls *libc.TLS) *sqliteHolder {
	if h, ok := sqliteHolders.Load(tls); ok {
		return h.(*sqliteHolder)
	}
	return new(sqliteHolder)
}

func countAlloc(tls *libc.TLS, n int32) uintptr {
	if !holderOf(tls).add(blockSize(n)) {
		return 0
	}
	return goFunc[func(*libc.TLS, int32) uintptr](sqliteAlloc)(tls, n)
}

func countResize(tls *libc.TLS, p uintptr, n int32) uintptr {
	if !holderOf(tls).add(blockSize(n) - sizeOf(tls, p)) {
		return 0
	}
	return goFunc[func(*libc.TLS, uintptr, int32) uintptr](sqliteResize)(tls, p, n)
}

func countFree(tls *libc.TLS, p uintptr) {
	holderOf(tls).add(-sizeOf(tls, p))
	goFunc[func(*libc.TLS, uintptr)](sqliteFree)(tls, p)
}

// goFunc returns the function that C calls by a pointer, the reverse of goCallback.
func goFunc[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ p uintptr }{p})) }
