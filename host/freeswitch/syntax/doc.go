// Package syntax reads and writes the small languages of FreeSWITCH's commands:
// words and quotes, ${...}, the hosts of a socket application, hangup causes.
// Every part of the program that reads or writes such a text uses this package, so
// that the rules are written down once; only the simulated switch has separate
// rules, as a second opinion.
//
// The rules are ported from FreeSWITCH's C sources, which the comments name by
// file and function (commit cc93a683), and are held against the recorded
// answers of a real switch (testdata).
//
// Line ends and NUL are left to package esl, which refuses them in every command.
package syntax
