package switchsim_test

import (
	"fmt"

	"github.com/eslua/eslua/host/switchsim"
)

// A caller hears a menu and presses 42#. No event socket is needed.
func Example() {
	sw := switchsim.New(switchsim.Config{
		Listen: "-",
		Dialplan: switchsim.Dialplan{"default": {{Match: "menu", Actions: []switchsim.Action{
			{App: "answer"},
			{App: "read", Data: "1 4 menu.wav choice 5000 #"},
			{App: "hangup"},
		}}}},
	})
	if err := sw.Start(); err != nil {
		fmt.Println(err)
		return
	}
	defer sw.Close()
	call := sw.Call(switchsim.Caller{
		Number: "4001", Destination: "menu",
		Script: []switchsim.Step{switchsim.OnPlayback("menu.wav").Press("42#")},
	})
	<-call.Done()
	fmt.Println(call.Played(), call.Variable("choice"), call.Cause())
	// Output: [menu.wav] 42 NORMAL_CLEARING
}
