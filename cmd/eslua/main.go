// Command eslua runs telephone calls as Lua scripts. Each subcommand has a file of
// its own name; wire.go builds the services of eslua serve, starts and stops them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/eslua/eslua/host/clock"
	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/spell"
)

// The exit codes that scripts and systemd rely on.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
	exitConfig = 78 // EX_CONFIG of sysexits.h
)

// program shows a command the process that it runs in.
type program struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	signals        <-chan os.Signal
	clock          clock.Clock // nil: the machine's
	seams          seams
}

// A command is a subcommand of eslua.
type command struct {
	name, usage, about string
	run                func(p *program, ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "[--config F] [--listen ADDR] [--scripts DIR] [--esl HOST:PORT]... [--password P] [--takeover]", "serve calls from FreeSWITCH", serve},
		{"exec", "[--config F] [--esl HOST:PORT] [--password P] [--limit NAME=VALUE]... FILE [ARGS]", "run a script without a call, under the same limits", execute},
		{"run", "[--config F] [--admin SOCKET] [--node NAME] [--detach] SCRIPT [ARGS]", "have the running eslua run a script of its directory without a call, and print its output", runCommand},
		{"check", "[--config F] [--scripts DIR] [--port] [--json] [PATH...]", "report what is wrong with the configuration, and with the scripts in PATH, else in its script directory, else here", check},
		{"status", "[--config F] [--admin SOCKET] [--json] [--calls]", "report how the running eslua is doing; exit code 0 whenever it answers", status},
		{"scripts", "[--config F] list [--calls] | history [FLOW] | diff [FLOW] [GEN [GEN]] | rollback [FLOW] [GEN] | pin [FLOW] GEN | unpin [FLOW]", "show and set which scripts the running eslua serves", scriptsCommand},
		{"outbox", "[--config F] [--admin SOCKET] [--json] [--endpoint NAME] [--state waiting|dead] [--older TIME] list [--most N] | show ID | retry ID...|--all | drop ID...|--all", "show the pushes that wait or were given up, and try or drop them", outboxCommand},
		{"queue", queueFlags, "show the messages of queues that wait or were given up, and try or drop them", queueCommand},
		{"dialplan", "[--config F] [--scripts DIR] [FLOW [ARGS]] | --check URL|FILE...", "print FreeSWITCH's dialplan for flows, or report what is wrong with one in use", printDialplan},
		{"config", "[--config F]", "print the configuration that FreeSWITCH needs for what the scripts answer (xml)", printConfig},
		{"doc", "[NAME]", "print the Lua reference: all names, or what one of them does; eslua doc config prints the settings", printDoc},
		{"stubs", "[DIR]", "write definitions of all Lua names into the script directory, for an editor with LuaLS", writeStubs},
		{"demo", "", "run two simulated calls, then an edit while eslua runs", demo},
		{"version", "", "print the version", version},
	}
}

func main() { os.Exit(machineProgram().main(context.Background(), os.Args[1:])) }

// machineProgram returns the program of this process.
func machineProgram() *program {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	return &program{stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, signals: signals}
}

// main runs one command line and returns its exit code.
func (p *program) main(ctx context.Context, args []string) int {
	p.stdout, p.stderr = terminal{p.stdout}, terminal{p.stderr}
	if p.clock == nil {
		p.clock = clock.System()
	}
	if len(args) == 0 {
		printUsage(p.stderr, commands()...)
		return exitUsage
	}
	switch {
	case args[0] == "help" && len(args) > 1:
		args = []string{args[1], "--help"}
	case args[0] == "help" || isHelpFlag(args[0]):
		printUsage(p.stdout, commands()...)
		return exitFine
	}
	if args[0] == "--version" || args[0] == "-version" || args[0] == "-v" {
		args = []string{"version"}
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		if len(args) > 1 && isHelpFlag(args[1]) {
			printHelp(p.stdout, c)
			return exitFine
		}
		err := c.run(p, ctx, args[1:])
		if errors.Is(err, flag.ErrHelp) {
			printHelp(p.stdout, c)
			return exitFine
		}
		if err != nil && !errors.As(err, new(*reportedError)) {
			fmt.Fprintln(p.stderr, err)
		}
		return exitCode(err)
	}
	fmt.Fprintln(p.stderr, unknownCommand(args[0]))
	return exitUsage
}

func unknownCommand(name string) string {
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	if near := spell.Nearest(name, names); near != "" {
		return fmt.Sprintf("eslua: there is no command %q; did you mean eslua %s?", name, near)
	}
	return fmt.Sprintf("eslua: there is no command %q; eslua has %s; eslua help describes them", name, strings.Join(names, ", "))
}

func isHelpFlag(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// untilSignal returns a context that the first signal ends which is not ignored;
// stop ends it too.
func (p *program) untilSignal(ctx context.Context, ignored ...os.Signal) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		for ctx.Err() == nil {
			select {
			case signal := <-p.signals:
				if !slices.Contains(ignored, signal) {
					cancel()
				}
			case <-ctx.Done():
			}
		}
	})
	return ctx, func() { cancel(); watch.Wait() }
}

func printUsage(w io.Writer, commands ...command) {
	fmt.Fprintln(w, "usage:")
	for _, c := range commands {
		fmt.Fprintf(w, "  %s\n        %s\n", strings.TrimSpace("eslua "+c.name+" "+c.usage), c.about)
	}
}

// flagDocs describes the flags; commands say in their usage which of them they take.
var flagDocs = [][2]string{
	{"--config F", "the configuration file (ESLUA_CONFIG)"},
	{"--listen ADDR", "where FreeSWITCH connects, as HOST:PORT (ESLUA_LISTEN); default 127.0.0.1:8084"},
	{"--scripts DIR", "the directory of the flows (ESLUA_SCRIPTS); default: the flows built into the program"},
	{"--esl HOST:PORT", "the event socket of a FreeSWITCH to connect to (ESLUA_ESL); may be repeated"},
	{"--password P", "its password; ps shows it, so set ESLUA_PASSWORD instead"},
	{"--takeover", "take the port over from the eslua that runs, which ends after its last call"},
	{"--limit NAME=VALUE", "one limit of this run: memory=8MiB, cpu=10s, stack=200 ..."},
	{"--port", "tell what scripts of mod_lua need to run here: what differs, grants, databases"},
	{"--admin SOCKET", "the socket of the running eslua, where --config does not name it"},
	{"--json", "print JSON"},
	{"--node NAME", "the FreeSWITCH that the script uses; default: the first of nodes"},
	{"--detach", "do not wait for the script's end; its output goes to the log"},
	{"--calls", "print each running call as well"},
	{"--check URL|FILE", "check dialplans that are in use: files, directories, mod_xml_curl addresses"},
}

// printHelp prints how a command is used, with its flags.
func printHelp(w io.Writer, c command) {
	printUsage(w, c)
	for _, f := range flagDocs {
		if name, _, _ := strings.Cut(f[0], " "); strings.Contains(c.usage, name) {
			fmt.Fprintf(w, "  %-20s %s\n", f[0], f[1])
		}
	}
}

// A usageError describes a mistake in a command line.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

// reportedError ends a command with an exit code when the command has printed what is
// wrong.
type reportedError struct{ code int }

func (*reportedError) Error() string { return "the command has printed the problems" }

func exitCode(err error) int {
	var usage *usageError
	var reported *reportedError
	var setting *config.Error
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &reported):
		return reported.code
	case errors.As(err, &setting):
		return exitConfig
	}
	return exitFailed
}

func version(p *program, _ context.Context, args []string) error {
	if len(args) > 0 {
		return &usageError{"eslua version takes no arguments"}
	}
	fmt.Fprintln(p.stdout, "eslua", programVersion())
	return nil
}

// make build sets describedVersion to git's description of the source.
var describedVersion string

// programVersion returns the version of the program, or the commit it is built from.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case describedVersion != "":
		return describedVersion
	case !ok:
		return "unknown"
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "(devel)"
}
