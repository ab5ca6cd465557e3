package grant

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eslua/eslua/host/testproc"
)

// costly has texts of which a check could read a part again for each other part.
var costly = []struct{ how, one string }{
	{"api", "="}, {"api", "a]="}, {"api", "a[b]="}, {"api", "[="}, {"api", "x="}, {"api", " ="}, {"api", "execute_on_answer="},
	{"api", "execute_on_answer[="}, {"api", "${"}, {"api", "${a"}, {"api", "${status x}"}, {"api", "$${a}"}, {"api", "${${"}, {"api", "x' "},
	{"api", `\`}, {"api", "'"}, {"api", `\'`}, {"api", "^^"}, {"api", "&a"}, {"api", "loopback/"}, {"api", "loopback/x "}, {"api", "l"},
	{"api", "bgapi "}, {"api", "inline "}, {"api", "a,inline "}, {"api", "::"}, {"api", "system::"}, {"api", "ARRAY::a|:"},
	{"api", "shell_stream"}, {"api", "shell_"}, {"api", "${x}stream"}, {"api", ","}, {"api", ",set:a=b"}, {"api", "{a=b}"}, {"api", "%24"},
	{"api", `{"cmd":"status",`}, {"api", `{"arg":"x","cmd":"status"},`},
}

// commands begin with what makes a check read the text in its own way.
var commands = []string{
	"status ", "originate ", "originate user/1 ", "bgapi originate ", "eval ", "expand ", "uuid_transfer 1 ", "uuid_broadcast 1 ", "uuid_dual_transfer 1 ",
	"uuid_setvar 1 a ", "uuid_setvar 1 api_hangup_hook ", "uuid_setvar 1 transfer_after_bridge ", "uuid_setvar 1 hold_music ", "uuid_setvar 1 exec_after_bridge_arg ",
	"uuid_setvar_multi 1 ", "uuid_limit 1 hash a b 1 ", "conference c transfer ", "chat sip|a|", "json [", "curl ", "hash insert/", "sched_api +1 none ",
	"app multiset|", "app set|", "app bridge|", "app bind_digit_action|", "app transfer|", "app valet_park|", "app phrase|", "app event|", "app capture|",
	"app execute_extension|", "app log|", "app speak|flite|kal|", "var a=", "var execute_on_answer=", "var valet_hold_music=", "dial ", "dial {", "dial {a='", "dial loopback/",
}

// Whatever a text is made of, twice as much of it takes twice the time, and no text
// takes longer than what can be sent at all.
func TestChecksAreLinear(t *testing.T) {
	g := Default()
	long := testproc.Size(60, 10, 1) << 10
	for _, c := range costly {
		for _, command := range commands {
			how, begin, ok := strings.Cut(command, " ")
			if !ok || how != "app" && how != "var" && how != "dial" {
				how, begin = "api", command
			}
			text := begin + strings.Repeat(c.one, long/len(c.one))
			took := processorTime(func() { _ = ask(&g, how, text) })
			if took < 50*time.Millisecond {
				continue
			}
			half := processorTime(func() { _ = ask(&g, how, begin+strings.Repeat(c.one, long/2/len(c.one))) })
			if took > 3*half || took > time.Second {
				t.Errorf("%s %q and %d times %q: %v, half of it %v", how, begin, long/len(c.one), c.one, took, half)
			}
		}
	}
}

// A text far beyond what is sent is refused, or read once.
func TestALongTextIsReadOnce(t *testing.T) {
	g := Default()
	long := testproc.Size(4<<20, 4<<20, 64<<10)
	for _, one := range []string{"=", "a]=", "x' ", "loopback/x ", "${", "execute_on_answer=", "^^", "word "} {
		text := strings.Repeat(one, long/len(one))
		for _, how := range []string{"api", "app", "var", "dial"} {
			if took := processorTime(func() { _ = ask(&g, how, "set|a="+text) }); took > 2*time.Second {
				t.Errorf("%s and %d bytes of %q: %v", how, long, one, took)
			}
		}
	}
}

func processorTime(f func()) time.Duration {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			panic(fmt.Sprint(err))
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	f()
	return used() - before
}
