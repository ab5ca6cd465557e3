package dialplan

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eslua/eslua/host/freeswitch/syntax"
	"github.com/eslua/eslua/host/operate/config"
)

// The forms of a socket, for suggestions.
const (
	asAction    = `<action application="socket" data="%s"/>`
	asOriginate = `'&socket(%s)'`
	asHook      = `execute_on_answer='socket %s'`
)

// flowOf returns the flow that eslua reads from the first part of a host's path.
func flowOf(h syntax.SocketHost) string { return partsOf(h)[0] }

// partsOf returns the parts of a host's path, which reaches eslua decoded once already
// where FreeSWITCH does not encode it (see encoded).
func partsOf(h syntax.SocketHost) []string {
	arrived := capital.ReplaceAllStringFunc(h.Path, func(code string) string {
		n, _ := strconv.ParseUint(code[1:], 16, 8)
		return string([]byte{byte(n)})
	})
	parts := strings.Split(strings.Trim(arrived, "/"), "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			parts[i] = plain
		}
	}
	return parts
}

var (
	capital      = regexp.MustCompile(`%[0-9A-F]{2}`)
	earlyDecoded = regexp.MustCompile(`%(?:2[0F]|3A|7C)`)
	blankInside  = regexp.MustCompile(`\$\{[^}]*\s`)
	colonInPath  = regexp.MustCompile(`/[^|]*:`)
)

// socket checks the data of a socket application and reports whether it leads to
// eslua. Suggestions are written in form.
func (c *checker) socket(at origin, data, form string) bool {
	words := strings.Fields(data)
	if len(words) == 0 {
		if data == "" {
			c.report(at, false, "this socket names no host; write "+form, c.example("FLOW"))
		}
		return false
	}
	list := words[0]
	if strings.HasPrefix(list, "${") || blankInside.MatchString(data) {
		return false // the host is known only during a call
	}
	switch {
	case strings.HasPrefix(list, "["), strings.Contains(list, "|["):
		c.report(at, false, "FreeSWITCH accepts no brackets in a socket's host; write ::1:8084 for [::1]:8084")
		return false
	case colonInPath.MatchString(list) && !strings.Contains(list, "$"):
		c.report(at, false, "FreeSWITCH takes the text after the last colon for the port; write %%3a for a colon in the path")
		return false
	}
	hosts := syntax.SocketHosts(list)
	ours := slices.ContainsFunc(hosts, c.leadsToUs)
	for _, e := range hosts {
		c.checkHost(at, e)
	}
	if !ours {
		return false
	}
	c.checkWords(at, words, form)
	c.checkPath(at, hosts, form)
	return true
}

// checkWords checks the words after the hosts.
func (c *checker) checkWords(at origin, words []string, form string) {
	var missing, others []string
	for _, need := range []string{"async", "full"} {
		if !slices.ContainsFunc(words[1:], func(w string) bool { return strings.EqualFold(w, need) }) {
			missing = append(missing, need)
		}
	}
	for _, w := range words[1:] {
		if !strings.EqualFold(w, "async") && !strings.EqualFold(w, "full") {
			others = append(others, w)
		}
	}
	rest := strings.Join(words[1:], " ")
	if strings.Contains(rest, "$") || strings.HasSuffix(words[0], "}") {
		return // a variable may hold the words
	}
	instead := strings.Join(append([]string{words[0]}, "async full"), " ")
	switch {
	case len(others) > 0 && len(missing) == 0:
		for _, o := range others {
			instead = strings.Replace(instead, " async full", "%2520"+syntax.PathElement(o)+" async full", 1)
		}
		c.report(at, false, "FreeSWITCH ignores %q: a blank ends the path; write "+form+" if it belongs to an argument", strings.Join(others, " "), instead)
	case len(missing) > 0:
		c.report(at, false, "this socket needs %s: without async nothing can interrupt an application, without full FreeSWITCH refuses most commands; write "+form, strings.Join(missing, " and "), instead)
	}
}

// checkPath checks the flow and its arguments.
func (c *checker) checkPath(at origin, hosts []syntax.SocketHost, form string) {
	for _, e := range hosts {
		if !c.leadsToUs(e) {
			continue
		}
		if code := earlyDecoded.FindString(e.Path); code != "" {
			plain, _ := url.PathUnescape(code)
			c.report(at, false, "%s reaches eslua as %q (FreeSWITCH does not encode a %% before two capital hexadecimal digits); write %s", code, plain, syntax.PathElement(plain))
			return
		}
		if e.Path == "" && c.known.PathOnly {
			c.report(at, false, "this socket names no flow, and the configuration has neither routes nor default_flow; write "+form, c.example("FLOW"))
			return
		}
		if flow := flowOf(e); flow != "" && !strings.Contains(flow, "$") && c.known.Flows != nil && !c.isFlow(flow) {
			instead := config.DescribeFlows(flow, c.known.Flows)
			if deeper := config.Deeper(flow, partsOf(e)[1:], c.isFlow); deeper != "" {
				instead = fmt.Sprintf("write %s for the flow %s", syntax.PathElement(deeper), deeper)
			}
			c.report(at, false, "there is no flow %q; %s", flow, instead)
			return
		}
	}
}

func (c *checker) isFlow(flow string) bool {
	return slices.Contains(c.known.Flows, config.FlowName(flow))
}

// checkHost remarks on a host that is not one of the configuration's.
func (c *checker) checkHost(at origin, e syntax.SocketHost) {
	if strings.Contains(e.Name+e.Port, "$") || c.isOurs(e) {
		return
	}
	answers := ""
	if c.known.Answers != nil && !c.known.Answers(e.Address) {
		answers = ", and nothing listens there"
	}
	c.report(at, true, "%s is not one of the configuration's hosts (%s)%s", e.Address, strings.Join(c.ownHosts(), ", "), answers)
}

// leadsToUs reports whether a host is one of the configuration's, or its path names
// one of our flows.
func (c *checker) leadsToUs(e syntax.SocketHost) bool {
	flow := flowOf(e)
	return c.isOurs(e) || flow != "" && c.isFlow(flow)
}

func (c *checker) isOurs(e syntax.SocketHost) bool {
	return slices.ContainsFunc(c.known.Hosts, func(h config.Address) bool {
		host, port, err := net.SplitHostPort(string(h))
		return err == nil && port == e.Port && (isUnspecified(host) || sameHost(host, strings.Trim(e.Name, "[]")))
	})
}

func sameHost(a, b string) bool {
	return strings.EqualFold(a, b) || isLoopback(a) && isLoopback(b)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (c *checker) ownHosts() (list []string) {
	for _, h := range c.known.Hosts {
		list = append(list, string(h))
	}
	return list
}

// example returns the data of a socket with the first of our hosts.
func (c *checker) example(flow string) string {
	host := "127.0.0.1:8084"
	if len(c.known.Hosts) > 0 {
		host = hostOf(string(c.known.Hosts[0]))
	}
	return host + "/" + flow + " async full"
}
