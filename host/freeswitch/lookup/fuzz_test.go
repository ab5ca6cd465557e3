package lookup

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// FuzzParseRequest: what mod_xml_curl writes is read as it was meant, whatever a caller
// has put into it, and whatever else arrives is read or refused.
func FuzzParseRequest(f *testing.F) {
	f.Add("fs", "directory", "domain", "name", "example.org", "user", "1000")
	f.Add("fs", "dialplan", "", "", "", "Caller-Destination-Number", "9&section=configuration&Event-Name=x")
	f.Add("", "configuration", "configuration", "name", "a&Event-Name=b", "x", "%zz+ \x00é")
	f.Fuzz(func(t *testing.T, hostname, section, tag, key, value, name, param string) {
		raw := strings.Join([]string{hostname, section, tag, key, value, name, param}, "&")
		if r, err := ParseRequest(raw); err == nil && r.Section == "" { // not FreeSWITCH's
			t.Errorf("%q is read without a section", raw)
		}
		for _, text := range []string{hostname, section, tag, key} { // FreeSWITCH's own words
			if strings.ContainsAny(text, "&=%") {
				return
			}
		}
		if section == "" || name == "" || strings.ContainsAny(name, "&=") {
			return
		}
		// mod_xml_curl.c:xml_url_fetch writes the first values as they are, and
		// switch_event.c:switch_event_build_param_string those behind them encoded.
		text := "hostname=" + hostname + "&section=" + section + "&tag_name=" + tag + "&key_name=" + key + "&key_value=" + value +
			"&Event-Name=REQUEST_PARAMS&" + name + "=" + url.PathEscape(strings.ReplaceAll(param, "&", "%26"))
		r, err := ParseRequest(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		encoded := strings.ReplaceAll(param, "&", "%26")
		if r.Hostname != hostname || r.Section != section || r.TagName != tag || r.KeyName != key || r.KeyValue != value {
			t.Errorf("%q is read as %+v", text, r)
		}
		if !slices.Contains(r.Params, [2]string{name, encoded}) || r.Get("Event-Name") != "REQUEST_PARAMS" {
			t.Errorf("%q: the parameters are %q", text, r.Params)
		}
	})
}
