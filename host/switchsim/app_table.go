package switchsim

// An application is one dialplan application.
type application struct {
	run func(c *channel, arg string)
	// needsMedia pre-answers an inbound channel first and waits for the media of
	// an outbound one (no SAF_SUPPORT_NOMEDIA).
	needsMedia bool
	// afterHangup lets it run on a channel that is hung up (SAF_ZOMBIE_EXEC).
	afterHangup bool
}

// applications returns the dialplan applications by name. The flags are those of
// SWITCH_ADD_APP in mod_dptools.c. A name that is not here hangs the call up, as
// on a real switch.
func applications() map[string]application {
	nothing := func(*channel, string) {}
	return map[string]application{
		"answer":                 {run: func(c *channel, _ string) { c.answer() }},
		"break":                  {run: func(c *channel, _ string) { c.interrupt() }},
		"bridge":                 {run: bridgeApp},
		"broadcast":              {run: broadcastApp, needsMedia: true},
		"conference":             {run: conferenceApp, needsMedia: true},
		"detect_speech":          {run: nothing, needsMedia: true}, // no recogniser here
		"displace_session":       {run: nothing, needsMedia: true},
		"echo":                   {run: func(c *channel, _ string) { c.await(wait{endless: true}) }, needsMedia: true},
		"endless_playback":       {run: func(c *channel, arg string) { c.playAll(arg, -1) }, needsMedia: true},
		"eval":                   {run: nothing, afterHangup: true},
		"event":                  {run: eventApp, afterHangup: true},
		"execute_extension":      {run: executeExtensionApp},
		"export":                 {run: exportApp, afterHangup: true},
		"flush_dtmf":             {run: func(c *channel, _ string) { c.flushDigits() }},
		"gentones":               {run: gentonesApp, needsMedia: true},
		"hangup":                 {run: (*channel).hangup},
		"hash":                   {run: hashApp, afterHangup: true},
		"info":                   {run: infoApp, afterHangup: true},
		"log":                    {run: func(c *channel, arg string) { c.sw.logLine(c.uuid, arg) }, afterHangup: true},
		"respond":                {run: respondApp},
		"intercept":              {run: interceptApp},
		"loop_playback":          {run: loopPlaybackApp, needsMedia: true},
		"multiset":               {run: multisetApp, afterHangup: true},
		"multiunset":             {run: multiunsetApp, afterHangup: true},
		"park":                   {run: func(c *channel, _ string) { c.park() }},
		"pickup":                 {run: pickupApp},
		"phrase":                 {run: phraseApp, needsMedia: true},
		"play_and_detect_speech": {run: func(c *channel, _ string) { c.respond("GRAMMAR ERROR") }, needsMedia: true}, // no recogniser here
		"play_and_get_digits":    {run: playAndGetDigitsApp, needsMedia: true},
		"playback":               {run: playbackApp, needsMedia: true},
		"pre_answer":             {run: func(c *channel, _ string) { c.preAnswer() }},
		"push":                   {run: pushApp, afterHangup: true},
		"queue_dtmf":             {run: queueDTMFApp},
		"read":                   {run: readApp, needsMedia: true},
		"record":                 {run: recordApp, needsMedia: true},
		"record_session":         {run: recordSessionApp, needsMedia: true},
		"ring_ready":             {run: func(c *channel, _ string) { c.ringReady() }},
		"say":                    {run: sayApp, needsMedia: true},
		"sched_cancel":           {run: schedCancelApp},
		"sched_hangup":           {run: schedHangupApp},
		"sched_transfer":         {run: schedTransferApp},
		"send_dtmf":              {run: func(c *channel, arg string) { c.send(parseDigits(arg)) }},
		"set":                    {run: setApp, afterHangup: true},
		"set_global":             {run: setGlobalApp, afterHangup: true},
		"set_profile_var":        {run: setProfileVarApp, afterHangup: true},
		"sleep":                  {run: sleepApp},
		"socket":                 {run: socketApp},
		"speak":                  {run: speakApp, needsMedia: true},
		"start_dtmf":             {run: nothing, needsMedia: true},
		"stop_dtmf":              {run: nothing, needsMedia: true},
		"stop_record_session":    {run: stopRecordSessionApp, needsMedia: true},
		"transfer":               {run: transferApp},
		"unset":                  {run: func(c *channel, arg string) { c.set(arg, "") }, afterHangup: true},
		"verbose_events":         {run: nothing},
		"wait_for_answer":        {run: waitForAnswerApp},
	}
}

// nth returns the i-th argument, or "".
func nth(argv []string, i int) string {
	if i < len(argv) {
		return argv[i]
	}
	return ""
}
