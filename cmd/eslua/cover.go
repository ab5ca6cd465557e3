package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// A coverage counts which lines of scripts have run.
type coverage struct {
	mu   sync.Mutex
	runs map[string]map[int]int // by file and line
}

// in returns what hears of the lines of the scripts in a directory.
func (c *coverage) in(root string) func(file string, line int) {
	if c == nil {
		return nil
	}
	return func(file string, line int) {
		file = filepath.Join(root, file)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.runs[file] == nil {
			c.runs[file] = map[int]int{}
		}
		c.runs[file][line]++
	}
}

// report prints the lines of the scripts in the directories that have not run, and writes
// all to an lcov file if it is named.
func (c *coverage) report(w io.Writer, lcov string, roots []string) error {
	var records strings.Builder
	for _, root := range roots {
		lines, err := linesOf(root)
		if err != nil {
			return err
		}
		for _, file := range slices.Sorted(maps.Keys(lines)) {
			ran := c.runs[file]
			var missed []int
			fmt.Fprintf(&records, "SF:%s\n", file)
			for _, line := range lines[file] {
				fmt.Fprintf(&records, "DA:%d,%d\n", line, ran[line])
				if ran[line] == 0 {
					missed = append(missed, line)
				}
			}
			all, covered := len(lines[file]), len(lines[file])-len(missed)
			fmt.Fprintf(&records, "LF:%d\nLH:%d\nend_of_record\n", all, covered)
			text := ""
			if len(missed) > 0 {
				text = "  not run: " + rangesOf(missed, lines[file])
			}
			printLine(w, "%4d%%  %s%s", 100*covered/max(all, 1), file, text)
		}
	}
	if lcov == "" {
		return nil
	}
	if err := os.WriteFile(lcov, []byte(records.String()), 0o644); err != nil {
		return fmt.Errorf("eslua test: --lcov: %w", err)
	}
	return nil
}

// linesOf returns the lines on which something runs of each script in a directory.
func linesOf(root string) (map[string][]int, error) {
	lines := map[string][]int{}
	names, err := filepath.Glob(filepath.Join(root, "*.lua"))
	if err != nil {
		return nil, err
	}
	deeper, err := filepath.Glob(filepath.Join(root, "*", "*.lua"))
	if err != nil {
		return nil, err
	}
	for _, name := range append(names, deeper...) {
		source, err := os.ReadFile(name)
		if err != nil || store.IsTest(name) {
			continue
		}
		if script, err := vm.Compile(name, source); err == nil {
			lines[name] = script.Lines()
		}
	}
	return lines, nil
}

// rangesOf writes lines as 3, 7-9: of those on which something runs, these follow each other.
func rangesOf(missed, all []int) string {
	var parts []string
	for i := 0; i < len(missed); {
		from := i
		at := slices.Index(all, missed[i])
		for i++; i < len(missed) && at+i-from < len(all) && all[at+i-from] == missed[i]; i++ {
		}
		if i-from == 1 {
			parts = append(parts, fmt.Sprint(missed[from]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", missed[from], missed[i-1]))
		}
	}
	return strings.Join(parts, ", ")
}
