package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// A Record says which calls eslua records whole, for eslua replay.
type Record struct {
	Share  Share    `yaml:"share" default:"0%" doc:"share of the calls that are recorded whole, for eslua replay, such as 1%: both sides of the conversation with FreeSWITCH and the scripts, but not what databases, HTTP servers and other channels answered, in a file in calls/ of the state directory; what trace masks is masked in it too, and without trace.size there is none"`
	Failed Failed   `yaml:"failed" default:"never" doc:"whether calls whose script fails are recorded too: always, which has each call held in memory until it ends (4 MiB at most, 64 MiB together), or never"`
	Keep   Duration `yaml:"keep" default:"7d" doc:"how long recorded calls are kept"`
	Size   Size     `yaml:"size" default:"1GiB" doc:"how large all recorded calls together may become; the oldest are removed"`
}

// Off reports whether no call is recorded.
func (r *Record) Off() bool { return r.Share == 0 && !r.Failed.Always() }

// A Share is a share of the calls, from 0% to 100%.
type Share int

// UnmarshalYAML reads a share.
func (s *Share) UnmarshalYAML(n ast.Node) error { return scalar(n, s.Set) }

// Set reads a share from text.
func (s *Share) Set(text string) error {
	number, ok := strings.CutSuffix(text, "%")
	v, err := strconv.Atoi(number)
	if !ok || err != nil || v < 0 || v > 100 {
		return fmt.Errorf("%q is not a share of the calls; write it as 1%%, from 0%% to 100%%", text)
	}
	*s = Share(v)
	return nil
}

func (s Share) String() string { return strconv.Itoa(int(s)) + "%" }

// Failed says whether calls whose script fails are recorded.
type Failed string

// UnmarshalYAML reads always or never.
func (f *Failed) UnmarshalYAML(n ast.Node) error { return scalar(n, f.Set) }

// Set reads always or never.
func (f *Failed) Set(text string) error {
	if text != "always" && text != "never" {
		return fmt.Errorf("%q does not say when calls that fail are recorded; %s", text, meant(text, "write always or never", "always", "never"))
	}
	*f = Failed(text)
	return nil
}

// Always reports whether they are.
func (f Failed) Always() bool { return f == "always" }
