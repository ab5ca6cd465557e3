package switchsim

import "github.com/eslua/eslua/host/switchsim/text"

// transferApp runs "[-bleg|-both] extension [dialplan [context]]".
func transferApp(c *channel, arg string) {
	argv := text.Split(arg, ' ', 4)
	if option := nth(argv, 0); option == "-bleg" || option == "-both" {
		argv = argv[1:]
		if partner := c.partner(); partner != nil {
			partner.transfer(argv)
		}
		if option == "-bleg" {
			return
		}
	}
	c.transfer(argv)
}

// executeExtensionApp runs another extension's actions as a subroutine. Its
// argument is "extension [dialplan [context]]".
func executeExtensionApp(c *channel, arg string) {
	argv := text.Split(arg, ' ', 3)
	if len(argv) == 0 {
		return
	}
	dialplan, context := nth(argv, 1), nth(argv, 2)
	c.mu.Lock()
	if len(argv) < 2 {
		dialplan = c.caller.dialplan
	}
	if len(argv) < 3 {
		context = c.caller.context
	}
	c.mu.Unlock()
	actions, _ := c.route(dialplan, context, argv[0])
	for _, a := range actions {
		if !c.ready() {
			return
		}
		c.execute(a.App, a.Data)
	}
}
