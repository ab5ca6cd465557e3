package esl

// Command is the checked bytes of one command.
type Command struct{ wire string }

// String is the command as it goes over the wire.
func (c Command) String() string { return c.wire }

// Connect asks for the call's data; FreeSWITCH answers with a CHANNEL_DATA event.
func Connect() (Command, error) { return Command{}, errSkeleton }

// MyEvents subscribes to the fixed list of this channel's events; format is plain, json or xml.
func MyEvents(format string) (Command, error) { return Command{}, errSkeleton }

// Linger keeps the socket open for so many seconds after hangup.
func Linger(seconds int) (Command, error) { return Command{}, errSkeleton }

// NoLinger takes Linger back.
func NoLinger() (Command, error) { return Command{}, errSkeleton }

// Resume lets the dialplan go on when the socket ends.
func Resume() (Command, error) { return Command{}, errSkeleton }

// Exit ends the connection politely.
func Exit() (Command, error) { return Command{}, errSkeleton }

// Auth is the password of event_socket.conf.xml.
func Auth(password string) (Command, error) { return Command{}, errSkeleton }

// UserAuth authenticates a directory user (user@domain).
func UserAuth(user, password string) (Command, error) { return Command{}, errSkeleton }

// API runs an API command in the connection's own thread: "uuid_kill <uuid>".
func API(line string) (Command, error) { return Command{}, errSkeleton }

// BgAPI runs an API command in its own thread under a job id chosen here.
func BgAPI(line, jobUUID string) (Command, error) { return Command{}, errSkeleton }

// Subscribe adds events: names, then CUSTOM and its subclasses; ALL for everything.
func Subscribe(format string, names ...string) (Command, error) { return Command{}, errSkeleton }

// Filter lets only events through whose header has the value.
func Filter(header, value string) (Command, error) { return Command{}, errSkeleton }

// FilterDelete takes a filter away; an empty value takes all of the header.
func FilterDelete(header, value string) (Command, error) { return Command{}, errSkeleton }

// DivertEvents moves the session's queued events and DTMF to this socket.
func DivertEvents(on bool) (Command, error) { return Command{}, errSkeleton }

// ExecuteOptions is one application to run on a channel.
type ExecuteOptions struct {
	App       string
	Arg       string // may hold newlines: it then travels in the body
	EventUUID string // comes back as Application-UUID
	UUID      string // another channel than the connection's own
	Lock      bool   // event-lock: queue behind what runs instead of running inside it
	Loops     int    // 0 = 1, -1 = endless
}

// Execute runs a dialplan application.
func Execute(o ExecuteOptions) (Command, error) { return Command{}, errSkeleton }

// Hangup ends a channel; an empty uuid is the connection's own, an empty cause NORMAL_CLEARING.
func Hangup(uuid, cause string) (Command, error) { return Command{}, errSkeleton }

// SendEvent fires an event into FreeSWITCH.
func SendEvent(name string, headers [][2]string, body string) (Command, error) {
	return Command{}, errSkeleton
}

// Raw is one line that no builder knows.
func Raw(line string) (Command, error) { return Command{}, errSkeleton }
