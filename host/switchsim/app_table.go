package switchsim

// applicationTable is the dialplan applications by name. Which run without media
// and which on a dead channel is taken from mod_dptools.c's SWITCH_ADD_APP. A
// name that is not here hangs the call up, as on a real switch.
func applicationTable() map[string]application {
	table := map[string]application{}
	for name, run := range quietApps() {
		table[name] = application{run: run, noMedia: true}
	}
	for name, run := range mediaApps() {
		table[name] = application{run: run}
	}
	// These also run on a channel that is hung up.
	for _, name := range []string{"set", "unset", "multiset", "multiunset", "export", "push",
		"set_global", "eval", "event", "info", "log"} {
		app := table[name]
		app.zombie = true
		table[name] = app
	}
	return table
}

// quietApps run without media.
func quietApps() map[string]func(c *channel, arg string) {
	return map[string]func(c *channel, arg string){
		"socket":            socketApp,
		"bridge":            bridgeApp,
		"execute_extension": executeExtension,
		"answer":            func(c *channel, _ string) { c.answer() },
		"pre_answer":        func(c *channel, _ string) { c.preAnswer() },
		"ring_ready":        func(c *channel, _ string) { c.ringReady() },
		"hangup":            func(c *channel, arg string) { c.hangup(arg) },
		"park":              func(c *channel, _ string) { c.park() },
		"sleep":             sleepApp,
		"transfer":          transferApp,
		"break":             func(c *channel, _ string) { c.breakApp() },
		"set":               setApp,
		"unset":             func(c *channel, arg string) { c.set(arg, "") },
		"multiset":          multisetApp,
		"multiunset":        multiunsetApp,
		"export":            exportApp,
		"push":              pushApp,
		"set_global":        setGlobalApp,
		"log":               logApp,
		"info":              func(c *channel, _ string) { c.sw.logLine(6, c.uuid, "CHANNEL_DATA: "+c.nameNow()) },
		"eval":              func(*channel, string) {},
		"event":             eventApp,
		"flush_dtmf":        func(c *channel, _ string) { c.flushDigits() },
		"queue_dtmf":        sendDTMFApp,
		"send_dtmf":         sendDTMFApp,
		"sched_hangup":      schedHangupApp,
		"sched_transfer":    schedTransferApp,
		"sched_cancel":      schedCancelApp,
		"verbose_events":    func(*channel, string) {},
		"wait_for_answer": func(c *channel, _ string) {
			c.pause(pause{forever: true, deafToBreak: true, stop: c.isAnswered})
		},
	}
}

// mediaApps pre-answer an inbound channel that has no media.
func mediaApps() map[string]func(c *channel, arg string) {
	return map[string]func(c *channel, arg string){
		"playback":            playbackApp,
		"loop_playback":       loopPlaybackApp,
		"endless_playback":    func(c *channel, arg string) { c.playAll(arg, -1) },
		"broadcast":           broadcastApp,
		"say":                 sayApp,
		"phrase":              phraseApp,
		"speak":               speakApp,
		"gentones":            gentonesApp,
		"read":                readApp,
		"play_and_get_digits": playAndGetDigitsApp,
		"record":              recordApp,
		"record_session":      recordSessionApp,
		"stop_record_session": stopRecordSessionApp,
		"conference":          conferenceApp,
		"start_dtmf":          func(*channel, string) {},
		"stop_dtmf":           func(*channel, string) {},
		"displace_session":    func(*channel, string) {},
		"echo": func(c *channel, _ string) {
			c.pause(pause{forever: true})
		},
		"play_and_detect_speech": func(c *channel, arg string) {
			c.respond("GRAMMAR ERROR") // no recogniser here
		},
	}
}
