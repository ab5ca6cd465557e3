// Package database owns the databases that scripts reach: a bounded pool for each
// that the configuration names, on SQLite, PostgreSQL, MariaDB or MySQL.
//
// A script has a Handle, which is one connection. Its Rows come one by one, each of
// bounded size, and nothing holds more than one. What blocks tells clock.BlockerOf,
// so that it is not the script's processor time, and ends with its context or when it
// has taken longer than the database's setting timeout.
//
// The database is protected from scripts by what its user may do there; eslua's
// machine is protected here: an SQLite connection reaches no other file
// (sqlite_confine.go), no driver reads a file for a server, and a connection on which a
// script has done more than read and write rows is not given to the next one.
package database
