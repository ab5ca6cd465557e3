package dialplan

import (
	"slices"
	"strings"

	"github.com/eslua/eslua/host/spell"
)

// profileFields lists the fields of a call that a condition can test; any other field
// is "" (switch_caller.c:switch_caller_get_field_by_name).
var profileFields = strings.Fields(`
dialplan username caller_id_name caller_id_number orig_caller_id_name orig_caller_id_number callee_id_name callee_id_number ani aniii
network_addr rdnis destination_number uuid source transfer_source context chan_name profile_index caller_ton caller_numplan
destination_number_ton destination_number_numplan ani_ton ani_numplan rdnis_ton rdnis_numplan screen_bit privacy_hide_name
privacy_hide_number profile_created_time created_time answered_time progress_time progress_media_time hungup_time transferred_time`)

// conditions checks the fields and the patterns of an element's conditions.
func (c *checker) conditions(e *element) {
	for _, child := range e.children {
		if child.name != "condition" && child.name != "regex" {
			continue
		}
		field := child.attr("field")
		known := slices.ContainsFunc(profileFields, func(f string) bool { return strings.EqualFold(f, field) })
		if meant := spell.Typo(field, profileFields); field != "" && !known && !strings.Contains(field, "$") {
			if meant != "" {
				c.report(child.at, false, "a call has no field %q; did you mean %s?", field, meant)
			} else {
				c.report(child.at, false, "a call has no field %q, so it is empty here; write ${%s} for the variable", field, field)
			}
		}
		if wrong := wrongPattern(child.attr("expression")); wrong != "" {
			c.report(child.at, false, "FreeSWITCH cannot compile %q, so it never matches: %s", child.attr("expression"), wrong)
		}
		c.conditions(child)
	}
}
