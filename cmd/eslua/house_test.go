package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport lists for each directory what its packages may import of this module,
// besides packages of the directory itself. The longest directory that contains a
// package counts. "-d" takes d out of what comes before it.
var mayImport = map[string][]string{
	"host/clock": {}, "host/spell": {}, "host/disk": {}, "host/flock": {}, "host/lanes": {}, "host/schedule": {}, "host/memory": {}, "host/testproc": {},
	"host/testproc/unhurried": {"host/clock"}, "host/testproc/natsbubble": {"host/testproc"},

	"host/freeswitch":          {"host/clock", "host/disk", "host/spell"},
	"host/freeswitch/dialplan": {"host/freeswitch", "host/operate/config", "host/spell"},

	"host/database": {"host/clock", "host/operate/config"},
	"host/network":  {"host/clock", "host/operate/config"},
	"host/durable":  {"host/clock", "host/flock", "host/operate/config"},
	"host/kv":       {"host/clock", "host/durable", "host/operate/config"},
	"host/queue":    {"host/clock", "host/durable", "host/operate/config"},
	"host/campaign": {"host/clock", "host/durable", "host/freeswitch", "host/operate/config", "host/spell"},
	"host/outbox":   {"host/clock", "host/durable", "host/network", "host/operate/config"},

	"host/spans":        {"host/clock", "host/operate/config", "host/script/vm"},
	"host/answers":      {"host/clock", "host/script/vm", "host/trace"},
	"host/conversation": {"host/answers", "host/clock", "host/disk", "host/freeswitch/esl", "host/operate/config", "host/script/grant", "host/trace"},
	"host/replay":       {"host/answers", "host/clock", "host/conversation", "host/script/vm", "host/testproc/memnet", "host/trace"},

	"host/trace": {"host/call/outbound", "host/clock", "host/operate/config", "host/script/vm"},

	"host/call":            {"host", "-host/operate/admin", "-host/switchsim"},
	"host/call/checkpoint": {"host/clock", "host/freeswitch"},
	"host/call/legs":       {"host/clock", "host/freeswitch", "host/call/outbound"},
	"host/call/listener":   {"host/clock"},
	"host/call/outbound":   {"host/clock", "host/freeswitch"},
	"host/call/recovery":   {"host/clock", "host/freeswitch", "host/operate/config"},

	"host/script":    {"host/clock", "host/spell", "host/disk", "host/flock", "host/freeswitch/syntax", "host/operate/config"},
	"host/script/vm": {"host/clock", "host/spell"},

	"host/run": {"host", "-host/call", "host/call/checkpoint", "host/call/outbound", "-host/operate/admin", "-host/switchsim"},

	"host/push": {"host/call/checkpoint", "host/clock", "host/freeswitch", "host/lanes", "host/operate/config", "host/outbox"},

	"host/job": {"host", "-host/call", "-host/operate/admin", "-host/switchsim"},

	"host/console": {"host/clock", "host/freeswitch", "host/job", "host/operate/logbound", "host/run", "host/script/vm"},

	"host/operate":          {"host", "-host/switchsim"},
	"host/operate/config":   {"host/freeswitch/syntax", "host/script/grant", "host/spell"},
	"host/operate/systemd":  {"host/clock"},
	"host/operate/logbound": {"host/clock"},

	"host/flowtest": {"host/call/outbound", "host/clock", "host/database", "host/freeswitch/syntax", "host/kv", "host/operate/config", "host/script/grant", "host/switchsim", "host/testproc/memnet"},

	"host/switchsim": {"host/clock"}, // it must not repeat the mistakes of what it tests

	"bindings": {"host", "-host/operate", "-host/switchsim"},
	"cmd":      {"host", "bindings", "scripts"},
	"scripts":  {},
	"examples": {"host/switchsim", "host/operate/config"},
}

const module = "github.com/eslua/eslua/"

// TestImports holds the order of the packages.
func TestImports(t *testing.T) {
	eachFile(t, parser.ImportsOnly, func(name string, tree *ast.File) {
		for _, spec := range tree.Imports {
			to, _ := strconv.Unquote(spec.Path.Value)
			to, ours := strings.CutPrefix(to, module)
			if ours && !allowed(path.Dir(name), to, strings.HasSuffix(name, "_test.go")) {
				t.Errorf("%s imports %s; see mayImport", name, to)
			}
		}
	})
}

// allowed reports whether a package may import another. A test may also use the
// simulator, and one of host the bindings, to run a whole call.
func allowed(from, to string, test bool) bool {
	dir := from
	for mayImport[dir] == nil {
		if dir = path.Dir(dir); dir == "." {
			return false
		}
	}
	if inside(to, "host/testproc") && !inside(from, "host/testproc") {
		return test || slices.Contains(mayImport[dir], to)
	}
	if test && !inside(from, "host/switchsim") && (inside(to, "host") || to == "bindings") {
		return true
	}
	if strings.HasPrefix(from, "bindings/") && inside(to, "bindings") { // no module knows another
		return from == to
	}
	ok := inside(to, dir)
	for _, rule := range mayImport[dir] {
		if not, found := strings.CutPrefix(rule, "-"); found {
			ok = ok && !inside(to, not)
		} else {
			ok = ok || inside(to, rule)
		}
	}
	return ok
}

func inside(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, dir+"/")
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"host/run", "host/script/vm", true},
		{"host/run", "host/call/outbound", true},
		{"host/run", "host/call", false},
		{"host/run", "host/call/legs", false},
		{"host/run", "bindings/session", false},
		{"host/call", "host/run", true},
		{"host/call/outbound", "host/run", false},
		{"host/script/store", "host/run", false},
		{"host/script/store", "host/call/outbound", false},
		{"host/freeswitch/esl", "host/script/vm", false},
		{"host/freeswitch/node", "host/operate/config", false},
		{"bindings", "bindings/session", true},
		{"bindings/api", "bindings/session", false},
		{"bindings/api", "bindings", false},
		{"bindings/api", "host/script/vm", true},
		{"host/switchsim", "host/freeswitch/esl", false},
		{"host/new", "host/clock", false}, // until it is in the table
		{"host/call", "host/testproc", false},
		{"scripts", "cmd/eslua", false},
	} {
		if got := allowed(c.from, c.to, false); got != c.want {
			t.Errorf("%s imports %s: %v, want %v", c.from, c.to, got, c.want)
		}
	}
	if allowed("host/switchsim", "host/freeswitch/esl", true) {
		t.Error("a test of the simulator may import what the simulator tests")
	}
}

// TestTheContributorsPageNamesEachSubject holds host/README.md to the directories.
func TestTheContributorsPageNamesEachSubject(t *testing.T) {
	page, err := os.ReadFile("../../host/README.md")
	if err != nil {
		t.Fatal(err)
	}
	subjects, err := os.ReadDir("../../host")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range subjects {
		if d.IsDir() && !strings.Contains(string(page), "`"+d.Name()+"`") {
			t.Errorf("host/README.md does not say what host/%s is for: add it to the table under \"Where things are\"", d.Name())
		}
	}
}

// eachFile parses every Go file of the module.
func eachFile(t *testing.T, mode parser.Mode, see func(name string, tree *ast.File)) {
	t.Helper()
	files := 0
	err := filepath.WalkDir("../..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(file, ".go") {
			return err
		}
		files++
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, mode)
		if err == nil {
			name, _ := filepath.Rel("../..", file)
			see(filepath.ToSlash(name), tree)
		}
		return err
	})
	if err != nil || files < 20 {
		t.Fatalf("read %d files: %v", files, err)
	}
}

// logArguments lists the methods of a *slog.Logger and the functions of slog that
// take keys, and at which argument the keys begin.
var logArguments = map[string]int{
	"Debug": 1, "Info": 1, "Warn": 1, "Error": 1, "With": 0,
	"DebugContext": 2, "InfoContext": 2, "WarnContext": 2, "ErrorContext": 2,
	"Log": 3, "LogAttrs": 3,
	"String": 0, "Int": 0, "Int64": 0, "Uint64": 0, "Float64": 0, "Bool": 0, "Time": 0, "Duration": 0, "Any": 0, "Group": 0,
}

// logKeys returns the literal keys in a call, and nil if it does not log.
func logKeys(call *ast.CallExpr) (keys []string) {
	called, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	first, ok := logArguments[called.Sel.Name]
	of, _ := called.X.(*ast.Ident)
	isSlog := of != nil && of.Name == "slog"
	if !ok || len(call.Args) <= first || first == 0 && called.Sel.Name != "With" && !isSlog {
		return nil
	}
	for i := first; i < len(call.Args); i += 2 {
		literal, ok := call.Args[i].(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			break // attributes, or a slice of them
		}
		key, _ := strconv.Unquote(literal.Value)
		keys = append(keys, key)
	}
	return keys
}

// logMessage returns the message of a call that logs, nil if it does not log.
func logMessage(call *ast.CallExpr) ast.Expr {
	called, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	first := logArguments[called.Sel.Name]
	if of, _ := called.X.(*ast.Ident); first == 0 || len(call.Args) < first || of != nil && (of.Name == "t" || of.Name == "b") {
		return nil
	}
	return call.Args[first-1]
}

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// TestLogKeys holds the form of the keys in the log.
func TestLogKeys(t *testing.T) {
	t.Parallel()
	seen := 0
	eachFile(t, 0, func(name string, tree *ast.File) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				for _, key := range logKeys(call) {
					seen++
					if !snakeCase.MatchString(key) {
						t.Errorf("%s logs the key %q: write it in snake_case", name, key)
					}
				}
			}
			return true
		})
	})
	if seen < 50 {
		t.Errorf("found only %d keys", seen)
	}
}

// TestLogMessages holds that the messages of calls do not differ: the limit of the
// log counts equal ones, which may come from ten thousand calls at once.
func TestLogMessages(t *testing.T) {
	t.Parallel()
	seen := 0
	eachFile(t, 0, func(name string, tree *ast.File) {
		perCall := inside(name, "bindings") || inside(name, "host/call") || inside(name, "host/freeswitch") || inside(name, "host/run")
		if strings.HasSuffix(name, "_test.go") || !perCall {
			return
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				switch message := logMessage(call).(type) {
				case *ast.BasicLit:
					seen++
				case *ast.BinaryExpr, *ast.CallExpr:
					t.Errorf("%s logs a message that is put together (%T): write a constant one, and what varies as an attribute", name, message)
				}
			}
			return true
		})
	})
	if seen < 30 {
		t.Errorf("found only %d messages", seen)
	}
}

func TestLogKeysAreFound(t *testing.T) {
	for source, want := range map[string][]string{
		`log.Info("text", "a b", 1, "c", 2)`:                 {"a b", "c"},
		`c.Log().With("A", 1).Warn("text", "uuid", 2)`:       {"uuid"},
		`c.Log().With("A", 1)`:                               {"A"},
		`log.Error("text", append(attrs, "fallback", 1)...)`: nil,
		`log.Log(ctx, level, "text", "lineNo", 1)`:           {"lineNo"},
		`log.InfoContext(ctx, "text", "key", 1)`:             {"key"},
		`slog.String("two words", x)`:                        {"two words"},
		`b.String("no key")`:                                 nil,
		`log.Info("text", slog.Int("n", 1), "after", 2)`:     nil,
	} {
		expr, err := parser.ParseExpr(source)
		if err != nil {
			t.Fatal(err)
		}
		if got := logKeys(expr.(*ast.CallExpr)); !slices.Equal(got, want) {
			t.Errorf("%s: keys %q, want %q", source, got, want)
		}
	}
}
