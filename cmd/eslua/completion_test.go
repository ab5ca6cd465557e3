//go:build !race

package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/eslua/eslua/host/testproc"
)

// shells has real shells complete the lines of a file at their end. Each prints what it
// offers for a line, one candidate a line, and then the word done.
var shells = map[string]string{
	"bash": `
. /usr/share/bash-completion/bash_completion
. <(eslua completion bash)
complete -p eslua >/dev/null || exit 1
compopt() { :; } # there is no line to edit
COMP_TYPE=9 COLUMNS=200
while IFS= read -r line; do
  read -ra COMP_WORDS <<<"$line"
  [[ $line == *' ' ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$line COMP_POINT=${#COMP_LINE} COMPREPLY=()
  __start_eslua 2>&1
  for word in "${COMPREPLY[@]}"; do printf '%s\n' "${word%% *}"; done
  echo done
done <lines`,
	"fish": `
eslua completion fish | source
while read -l line
  complete --do-complete $line | string replace -r '\t.*' ''
  echo done
end <lines`,
	// A shell in a terminal of its own: a key offers instead of the completion, and
	// writes down what compadd gets.
	"zsh": `
zmodload zsh/zpty
zpty -b shell "PS1= zsh -f -i"
zpty -w shell "autoload -U compinit && compinit -D -u; source <(eslua completion zsh); zstyle ':completion:*' verbose no
offered() { compadd() { local -a taken; builtin compadd -A taken \"\$@\"; print -rl -- \$taken >>offered }; _main_complete; print done >>offered }
zle -C offer complete-word offered; bindkey '^I' offer; print >offered"
until [[ -s offered ]]; do zpty -r shell line; done
wanted=0
while IFS= read -r typed; do
  zpty -n -w shell $'\C-u'"$typed"$'\t'
  ((wanted++))
  until [[ $(grep -c '^done$' offered) == $wanted ]]; do zpty -r shell line; done
done <lines
zpty -d shell
cat offered`,
}

// completed returns what a shell offers at the end of each line.
func completed(t *testing.T, shell, bin string, lines []string) (offered [][]string) {
	t.Helper()
	home := t.TempDir()
	write(t, home, "script", shells[shell])
	write(t, home, "lines", strings.Join(lines, "\n")+"\n")
	cmd := exec.Command(shell, "script")
	cmd.Dir = home
	cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + home, "TERM=dumb", "LC_ALL=C.UTF-8"}
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil || problems.Len() > 0 {
		t.Fatalf("%s: %v\n%s%s", shell, err, out, &problems)
	}
	if files, err := filepath.Glob(home + "/*ran*"); err != nil || len(files) > 0 {
		t.Errorf("%s has run a name: %q, %v", shell, files, err)
	}
	var names []string
	for in := bufio.NewScanner(strings.NewReader(string(out))); in.Scan(); {
		switch name := strings.TrimSpace(in.Text()); name {
		case "":
		case "done":
			slices.Sort(names)
			offered, names = append(offered, slices.Compact(names)), nil
		default:
			names = append(names, name)
		}
	}
	return offered
}

// TestShellsComplete has real shells complete what a running host knows, of whose flows
// some have names that a shell would run. Each line takes several processes of its own: with
// the race detector that would be nine seconds in which nothing is seen.
func TestShellsComplete(t *testing.T) {
	t.Parallel()
	w := startWatchedHost(t, map[string]string{
		"menu.lua": menuScript, "lib/greet.lua": greeting, "ivr/größe.lua": "session:answer()", "beef.lua": "session:answer()",
		"$(touch ran).lua": "", "m$(touch ran)enu.lua": "", "`touch ran`.lua": "", ";touch ran.lua": "", "m\ntouch ran\n.lua": "",
		"-rf.lua": "", "a b.lua": "", "~.lua": "", "m\tx.lua": "", "m'x.lua": "", "*.lua": "", "_activeHelp_ x.lua": "", ":0.lua": "",
	})
	bin, admin := t.TempDir(), " --admin "+w.socket+" "
	if err := os.Symlink(testproc.Binary(t), filepath.Join(bin, "eslua")); err != nil {
		t.Fatal(err)
	}
	var lines []string
	var want [][]string
	for _, c := range []struct {
		line string
		want []string
	}{
		{"eslua scr", []string{"scripts"}},
		{"eslua scripts" + admin + "unpin ", []string{"beef", "ivr/größe", "menu"}},
		{"eslua scripts rollback" + admin + "m", []string{"menu"}},
		{"eslua scripts" + admin + "pin menu ", []string{w.scripts.Current().Name()}},
		{"eslua run" + admin + "--node ", []string{"fs1"}},
		{"eslua run --admin /nowhere ", nil},
		{"eslua calls" + admin + "--flow m", []string{"menu"}},
		{"eslua trace" + admin + "--flow ", []string{"beef", "ivr/größe", "menu"}},
		{"eslua doc io.op", []string{"io.open"}},
	} {
		lines, want = append(lines, c.line), append(want, c.want)
	}
	for shell := range shells {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			got := completed(t, shell, bin, lines)
			if len(got) != len(want) {
				t.Fatalf("%s offers %q", shell, got)
			}
			for i := range want {
				if !slices.Equal(got[i], want[i]) {
					t.Errorf("%s offers %q for %q, want %q", shell, got[i], lines[i], want[i])
				}
			}
		})
	}
}
