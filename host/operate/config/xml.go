package config

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/eslua/eslua/host/spell"
)

// XML configures the answers to FreeSWITCH's mod_xml_curl.
type XML struct {
	Address  Address           `yaml:"address" default:"127.0.0.1:8085" doc:"HTTP address at which FreeSWITCH's mod_xml_curl asks; open only if there are scripts"`
	Scripts  map[string]Script `yaml:"scripts" form:"a mapping: directory: SCRIPT" reload:"yes" doc:"scripts that answer, and their arguments, by section: directory, dialplan, chatplan, phrases, languages, or configuration/NAME.conf for one file, configuration/* for all; eslua config prints what FreeSWITCH needs"`
	User     string            `yaml:"user" default:"eslua" reload:"yes" doc:"user name with which FreeSWITCH asks, if there is a password"`
	Password string            `yaml:"password" reload:"yes" doc:"password with which FreeSWITCH asks; empty: none, which is possible on loopback only"`
	Timeout  Duration          `yaml:"timeout" default:"5s" reload:"yes" doc:"how long an answer may take; FreeSWITCH then goes on to its other sources"`
	Parallel int               `yaml:"parallel" least:"1" default:"64" doc:"lookups that are answered at a time; further ones wait"`
}

// xmlSections are the sections that scripts can answer.
var xmlSections = []string{"directory", "dialplan", "chatplan", "phrases", "languages", "configuration/*"}

func (x *XML) conflicts() (list []conflict) {
	for _, section := range slices.Sorted(maps.Keys(x.Scripts)) {
		if slices.Contains(xmlSections, section) || strings.HasPrefix(section, "configuration/") && strings.HasSuffix(section, ".conf") {
			continue
		}
		advice := "write directory, dialplan, chatplan, phrases, languages or configuration/NAME.conf"
		if near := spell.Nearest(section, xmlSections); near != "" && section != "configuration" {
			advice = "did you mean " + near + "?"
		}
		list = append(list, conflict{[]string{"scripts"}, fmt.Sprintf("FreeSWITCH looks nothing up in %q; %s", section, advice)})
	}
	if host, _, err := net.SplitHostPort(string(x.Address)); x.Address != "" && err == nil && x.Password == "" {
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			list = append(list, conflict{[]string{"address", "password"}, fmt.Sprintf("other machines reach %s, where the answers show users' passwords; add password: under xml", x.Address)})
		}
	}
	return list
}

// Script returns the script that answers lookups in a section, for a configuration file
// of a name.
func (x XML) Script(section, name string) (Script, bool) {
	if section == "configuration" {
		if s, ok := x.Scripts[section+"/"+name]; ok {
			return s, true
		}
		section += "/*"
	}
	s, ok := x.Scripts[section]
	return s, ok
}

// Bindings returns the sections of FreeSWITCH that scripts answer.
func (x XML) Bindings() (sections []string) {
	for _, key := range slices.Sorted(maps.Keys(x.Scripts)) {
		section, _, _ := strings.Cut(key, "/")
		sections = append(sections, section)
	}
	return slices.Compact(sections)
}
