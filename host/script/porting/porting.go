// Package porting tells what has to be looked at before a script of mod_lua's runs under
// eslua: what differs, what needs a grant or a database of the configuration, and which
// of FreeSWITCH's applications and commands it uses. What does not exist at all, package
// lint finds.
//
// It sees what the text shows. An argument that is put together while the script runs is
// judged by the parts that the text has.
package porting

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/script/lint"
)

// A Remark is a place that a port must look at.
type Remark struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Kind    string `json:"kind"` // Differs, Grant, Database or Dynamic
	Message string `json:"message"`
}

// The kinds of remarks.
const (
	Differs  = "differs"  // does something else than in mod_lua
	Grant    = "grant"    // needs a grant
	Database = "database" // needs an entry under databases:
	Dynamic  = "dynamic"  // what it does is known only when it runs
)

// A Report tells what scripts need.
type Report struct {
	Remarks      []Remark                   `json:"remarks"`
	Applications map[string]int             `json:"applications"` // how often each is used
	Commands     map[string]int             `json:"commands"`
	needs        map[string]map[string]bool // names by the list of grants: that they belong to
	databases    map[string]string          // data source names by name
	told         map[string]bool            // what is told once
}

// NewReport returns an empty report.
func NewReport() *Report {
	return &Report{Remarks: []Remark{}, Applications: map[string]int{}, Commands: map[string]int{}, needs: map[string]map[string]bool{}, databases: map[string]string{}, told: map[string]bool{}}
}

// Add adds what one script needs.
func (r *Report) Add(file string, calls []lint.Call) {
	driver := ""
	for _, c := range calls {
		if made, ok := strings.CutPrefix(c.Name, "luasql."); ok { // luasql.mysql.mysql
			driver, _, _ = strings.Cut(made, ".")
		}
		u := use{r, file, c, driver}
		if c.Differs != "" && r.first(c.Name) {
			u.remark(Differs, "%s differs from mod_lua's: %s", c.Name, c.Differs)
		}
		u.grants(u.check())
	}
}

// first reports whether something is to be told for the first time.
func (r *Report) first(what string) bool {
	told := r.told[what]
	r.told[what] = true
	return !told
}

func (r *Report) need(list, name string) {
	if r.needs[list] == nil {
		r.needs[list] = map[string]bool{}
	}
	r.needs[list][name] = true
}

// YAML returns what to add to the configuration; "" if nothing is needed.
func (r *Report) YAML() string {
	var b strings.Builder
	if len(r.databases) > 0 {
		b.WriteString("databases:\n")
		for _, name := range slices.Sorted(maps.Keys(r.databases)) {
			fmt.Fprintf(&b, "  %s: {dsn: %q}\n", name, r.databases[name])
		}
	}
	if len(r.needs) > 0 {
		b.WriteString("grants:\n")
		for _, list := range slices.Sorted(maps.Keys(r.needs)) {
			var names []string
			for _, name := range slices.Sorted(maps.Keys(r.needs[list])) {
				names = append(names, fmt.Sprintf("%q", name))
			}
			all := "[" + strings.Join(names, ", ") + "]"
			if list == "api" || list == "apps" {
				all = "{allow: " + all + "}"
			}
			fmt.Fprintf(&b, "  %s: %s\n", list, all)
		}
	}
	return b.String()
}
