package database

import (
	"math"
	"slices"
	"strings"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite asks nobody whether to go on while a function runs, nor between the functions
// of one row. So the more a command has, the shorter are the values that they get:
// together they take seconds at most, which without that were minutes.

// fastFunctions take time by the length of a value. Others look for one value in
// another, and take time by the product of two lengths: with the longest values 0.3 s in
// instr, 2 s in json_patch, and as long in trim with values of a quarter.
var fastFunctions = []string{
	"abs", "changes", "char", "coalesce", "concat", "date", "datetime", "hex", "ifnull", "iif", "julianday",
	"last_insert_rowid", "length", "lower", "max", "min", "nullif", "quote", "random", "randomblob",
	"round", "strftime", "substr", "substring", "time", "typeof", "unicode", "unixepoch", "upper", "zeroblob",
}

// longestValue returns the length of the longest value that a command may handle. It
// looks into the program that the command has become, because no other place shows the
// functions of views, triggers, checks and all rows of an insert.
func longestValue(stmt uintptr) int32 {
	all, slow := countFunctions(stmt+unsafe.Offsetof(sqlite3.Vdbe{}.FaOp), stmt+unsafe.Offsetof(sqlite3.Vdbe{}.FnOp))
	for p := libc.AtomicLoadPUintptr(stmt + unsafe.Offsetof(sqlite3.Vdbe{}.FpProgram)); p != 0; {
		a, s := countFunctions(p+unsafe.Offsetof(sqlite3.TSubProgram{}.FaOp), p+unsafe.Offsetof(sqlite3.TSubProgram{}.FnOp))
		all, slow = all+a, slow+s
		p = libc.AtomicLoadPUintptr(p + unsafe.Offsetof(sqlite3.TSubProgram{}.FpNext))
	}
	return int32(min(sqliteValue, 32*sqliteValue/max(all, 1), int(sqliteValue/math.Sqrt(float64(max(slow, 1))))))
}

// countFunctions counts the calls of functions in a program, whose address and size
// stand in two places, and of slow ones by how slow they are.
func countFunctions(ops, size uintptr) (all, slow int) {
	op := libc.AtomicLoadPUintptr(ops)
	for range libc.AtomicLoadPInt32(size) {
		switch libc.AtomicLoadPUint8(op + unsafe.Offsetof(sqlite3.TVdbeOp{}.Fopcode)) {
		case sqlite3.OP_Function, sqlite3.OP_PureFunc:
			call := libc.AtomicLoadPUintptr(op + unsafe.Offsetof(sqlite3.TVdbeOp{}.Fp4))
			function := libc.AtomicLoadPUintptr(call + unsafe.Offsetof(sqlite3.Tsqlite3_context{}.FpFunc))
			name := strings.ToLower(libc.GoString(libc.AtomicLoadPUintptr(function + unsafe.Offsetof(sqlite3.FuncDef{}.FzName))))
			all++
			switch {
			case strings.HasSuffix(name, "trim"):
				slow += 16
			case !slices.Contains(fastFunctions, name):
				slow++
			}
		}
		op += unsafe.Sizeof(sqlite3.TVdbeOp{})
	}
	return all, slow
}

func (c *sqliteConn) limitValues(size int32) {
	sqlite3.Xsqlite3_limit(c.tls, c.db, sqlite3.SQLITE_LIMIT_LENGTH, size)
}
