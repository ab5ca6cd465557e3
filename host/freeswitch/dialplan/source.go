package dialplan

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// source is XML as FreeSWITCH's parser gets it: a file with the files it
// includes, its $${variables} replaced (switch_xml.c:preprocess).
type source struct {
	text  strings.Builder
	lines []origin // of the text
}

// origin is where a line of a source comes from.
type origin struct {
	offset int // of its first byte in the text
	file   string
	line   int
}

// at is the origin of a byte of the text.
func (s *source) at(offset int) origin {
	i := sort.Search(len(s.lines), func(i int) bool { return s.lines[i].offset > offset })
	if i == 0 {
		return origin{}
	}
	return s.lines[i-1]
}

// Bounds of what is read for one check.
const (
	mostBytes = 32 << 20
	mostDepth = 30 // FreeSWITCH: 100
)

// reader reads sources. Its variables last from file to file, as FreeSWITCH's do.
type reader struct {
	vars     map[string]string
	bytes    int
	findings []Finding
}

func (r *reader) say(file string, line int, format string, args ...any) {
	r.findings = append(r.findings, Finding{File: file, Line: line, Message: fmt.Sprintf(format, args...)})
}

// file reads a file into s.
func (r *reader) file(s *source, file string, depth int) {
	info, err := os.Stat(file)
	var text []byte
	switch {
	case err != nil:
	case r.bytes+int(min(info.Size(), mostBytes)) > mostBytes:
		err = fmt.Errorf("more than %d MiB in all", mostBytes>>20)
	case !info.Mode().IsRegular():
		err = fmt.Errorf("it is no file")
	default:
		text, err = os.ReadFile(file)
	}
	if err != nil {
		r.say(file, 1, "cannot be read: %s", strings.TrimPrefix(err.Error(), "open "+file+": "))
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

// add adds text, which file holds, line by line.
func (r *reader) add(s *source, file, text string, depth int) {
	r.bytes += len(text)
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = r.expand(line)
		switch {
		case strings.Contains(line, "<include>"), strings.Contains(line, "</include>"), strings.Contains(line, "<?"):
			if swallowed.MatchString(commented.ReplaceAllString(line, "")) {
				r.say(file, number, "FreeSWITCH drops the whole of a line with <include>, </include> or <?; write what else is on it on lines of its own")
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

// expand replaces the variables that are known; what stays looks like a
// channel's variable, and so is left alone by every rule.
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

// run carries out a preprocessor's command; those that run programs or ask
// servers are not.
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
		if strings.Contains(data, "$${") || depth >= mostDepth {
			return
		}
		if !filepath.IsAbs(data) {
			data = filepath.Join(filepath.Dir(file), data)
		}
		found, _ := filepath.Glob(data) // a pattern that is none finds nothing, there and here
		for _, name := range found {
			if r.bytes < mostBytes {
				r.file(s, name, depth+1)
			}
		}
	}
}
