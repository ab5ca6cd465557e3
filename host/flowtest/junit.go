package flowtest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The elements of JUnit's reports, as CI servers read them.
type (
	suites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Time     string   `xml:"time,attr"`
		Suites   []*suite `xml:"testsuite"`
	}
	suite struct {
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Time     string     `xml:"time,attr"`
		Cases    []testcase `xml:"testcase"`
		took     time.Duration
	}
	testcase struct {
		Name    string   `xml:"name,attr"`
		Class   string   `xml:"classname,attr"`
		File    string   `xml:"file,attr"`
		Line    int      `xml:"line,attr"`
		Time    string   `xml:"time,attr"`
		Failure *failure `xml:"failure"`
		Output  string   `xml:"system-out,omitempty"`
	}
	failure struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the results as JUnit does, a suite for each file.
func WriteJUnit(w io.Writer, results []Result) error {
	var all suites
	files := map[string]*suite{}
	var took time.Duration
	for _, r := range results {
		s := files[r.File]
		if s == nil {
			s = &suite{Name: r.File}
			files[r.File] = s
			all.Suites = append(all.Suites, s)
		}
		c := testcase{Name: r.Name, Class: r.File, File: r.File, Line: r.Case.Line, Time: inSeconds(r.Took), Output: strings.Join(r.Output, "\n")}
		if r.Failure != "" {
			message, _, _ := strings.Cut(r.Failure, "\n")
			c.Failure = &failure{message, r.Ladder + r.Failure}
			s.Failures++
			all.Failures++
		}
		s.Cases = append(s.Cases, c)
		s.took += r.Took
		took += r.Took
		s.Tests++
		all.Tests++
	}
	for _, s := range all.Suites {
		s.Time = inSeconds(s.took)
	}
	all.Time = inSeconds(took)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func inSeconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
