package dialplan

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// A source holds XML as FreeSWITCH's parser gets it: a file with the files it includes
// and with its $${variables} replaced (switch_xml.c:preprocess).
type source struct {
	text  strings.Builder
	lines []origin // of the text
}

// An origin says where a line of a source is from.
type origin struct {
	offset int // of its first byte in the text
	file   string
	line   int
}

// at returns the origin of a byte of the text.
func (s *source) at(offset int) origin {
	i := sort.Search(len(s.lines), func(i int) bool { return s.lines[i].offset > offset })
	if i == 0 {
		return origin{}
	}
	return s.lines[i-1]
}

// Limits of one check.
const (
	maxBytes = 32 << 20
	maxDepth = 30 // FreeSWITCH: 100
)

// A reader reads sources. Variables set in one file are valid in the next, as in
// FreeSWITCH.
type reader struct {
	vars     map[string]string
	bytes    int
	findings []Finding
}

func (r *reader) report(file string, line int, format string, args ...any) {
	r.findings = append(r.findings, Finding{File: file, Line: line, Message: fmt.Sprintf(format, args...)})
}

// file reads a file into s.
func (r *reader) file(s *source, file string, depth int) {
	info, err := os.Stat(file)
	var text []byte
	switch {
	case err != nil:
	case r.bytes+int(min(info.Size(), maxBytes)) > maxBytes:
		err = fmt.Errorf("more than %d MiB in all", maxBytes>>20)
	case !info.Mode().IsRegular():
		err = fmt.Errorf("it is not a regular file")
	default:
		text, err = os.ReadFile(file)
	}
	if err != nil {
		if at := (*fs.PathError)(nil); errors.As(err, &at) {
			err = at.Err // without the file's name, which the report begins with
		}
		r.report(file, 1, "cannot be read: %v", err)
		return
	}
	r.add(s, file, string(text), depth)
}

var (
	cores     = regexp.MustCompile(`\$\$\{([^{}]*)\}`)
	command   = regexp.MustCompile(`(?i)<x-pre-process[^>]*?\bcmd\s*=\s*"([^"]*)"[^>]*?\bdata\s*=\s*"([^"]*)"`)
	swallowed = regexp.MustCompile(`</?(?:context|extension|condition|action|anti-action)\b`)
	commented = regexp.MustCompile(`<!--.*?(?:-->|$)`)
)

// add adds the text of a file line by line.
func (r *reader) add(s *source, file, text string, depth int) {
	r.bytes += len(text)
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = r.expand(line)
		switch {
		case strings.Contains(line, "<include>"), strings.Contains(line, "</include>"), strings.Contains(line, "<?"):
			if swallowed.MatchString(commented.ReplaceAllString(line, "")) {
				r.report(file, number, "FreeSWITCH drops every line that has <include>, </include> or <?; move the other elements to lines of their own")
			}
		case command.MatchString(line):
			m := command.FindStringSubmatch(line)
			r.run(s, file, strings.ToLower(m[1]), m[2], depth)
		default:
			s.lines = append(s.lines, origin{s.text.Len(), file, number})
			s.text.WriteString(line)
			if !strings.HasSuffix(line, "\n") {
				s.text.WriteByte('\n')
			}
		}
	}
}

// expand replaces the known variables; the others look like channel variables,
// about which no rule says anything.
func (r *reader) expand(line string) string {
	if !strings.Contains(line, "$${") {
		return line
	}
	return cores.ReplaceAllStringFunc(line, func(use string) string {
		if value, ok := r.vars[use[3:len(use)-1]]; ok {
			return value
		}
		return use
	})
}

// run executes a preprocessor command, but none that runs a program or asks a
// server.
func (r *reader) run(s *source, file, cmd, data string, depth int) {
	switch cmd {
	case "set":
		if name, value, ok := strings.Cut(data, "="); ok && !strings.Contains(value, "$${") {
			r.vars[strings.TrimSpace(name)] = strings.TrimLeft(value, " ")
		}
	case "exec-set", "stun-set", "env-set":
		name, _, _ := strings.Cut(data, "=")
		delete(r.vars, strings.TrimSpace(name))
	case "include":
		if strings.Contains(data, "$${") || depth >= maxDepth {
			return
		}
		if !filepath.IsAbs(data) {
			data = filepath.Join(filepath.Dir(file), data)
		}
		found, _ := filepath.Glob(data) // an invalid pattern finds nothing, in FreeSWITCH too
		for _, name := range found {
			if r.bytes < maxBytes {
				r.file(s, name, depth+1)
			}
		}
	}
}
