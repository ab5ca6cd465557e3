package grant

import "strings"

// hearing says which events of the whole switch need the use "hear NAME": those that
// carry what others press, write or say, or commands with their arguments.
var hearing = tableOf([]row{
	{why: hearsDigits, names: `dtmf send_info recv_info`},
	{why: hearsTexts, names: `message send_message recv_message text detected_speech command private_command`},
	{why: hearsCommands, names: `api background_job request_params`},
	{why: hearsAll, names: `all custom`},
})

const (
	hearsDigits   reason = "shows the digits that others press"
	hearsTexts    reason = "shows what others write and say"
	hearsCommands reason = "shows commands with their arguments, which may hold passwords"
	hearsAll      reason = "shows the digits that others press, what they write, and commands with their arguments"
)

// CheckHearing checks whether the flow may get the events of a name, and of a subclass,
// from the whole switch. CUSTOM without a subclass is every one. The error is a
// *RefusedError.
func (g *Grants) CheckHearing(event, subclass string) error {
	event = strings.ToLower(event)
	if why := hearing[event]; why != "" && (event != "custom" || subclass == "") {
		return g.check().use("hear", event, why, "")
	}
	return nil
}
