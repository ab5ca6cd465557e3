package grafana

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// promtool runs Debian's, of the package prometheus, or the one that ESLUA_PROMTOOL names.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command(cmp.Or(os.Getenv("ESLUA_PROMTOOL"), "promtool"), args...).CombinedOutput(); err != nil {
		t.Errorf("promtool %q: %v\n%s", args, err, out)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAlerts(t *testing.T) {
	promtool(t, "check", "rules", "--lint=all", "--lint-fatal", "alerts.yaml")
	promtool(t, "test", "rules", "alerts_test.yaml")
	checkNames(t, "alerts.yaml", read(t, "alerts.yaml"))
}

// TestBoard: Grafana's variables replaced, each expression of the board is PromQL about
// metrics that eslua has, and no panel covers another.
func TestBoard(t *testing.T) {
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(read(t, "board.json")), &board); err != nil {
		t.Fatal(err)
	}
	rules := []map[string]string{}
	variables := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*", "$flow", ".*")
	taken := map[[2]int]string{}
	for _, p := range board.Panels {
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other := taken[at]; other != "" || at[0] >= 24 {
					t.Errorf("%s covers %s, or is outside", p.Title, other)
				}
				taken[at] = p.Title
			}
		}
		for _, target := range p.Targets {
			rules = append(rules, map[string]string{"record": "board:expression", "expr": variables.Replace(target.Expr)})
			checkNames(t, p.Title, target.Expr)
		}
	}
	if len(rules) < 30 {
		t.Errorf("the board has only %d expressions", len(rules))
	}
	file := filepath.Join(t.TempDir(), "board.yaml")
	text, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "board", "rules": rules}}}) // JSON is YAML
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", "--lint=none", file)
}

var (
	metric = regexp.MustCompile(`\beslua_[a-z_]+`)
	suffix = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// declared returns the metrics that the program declares.
func declared() (names []string) {
	_ = filepath.WalkDir("../../host", func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			text, _ := os.ReadFile(path)
			for _, name := range regexp.MustCompile(`"(eslua_[a-z_]+)"`).FindAllStringSubmatch(string(text), -1) {
				names = append(names, name[1])
			}
		}
		return err
	})
	return names
}

func checkNames(t *testing.T, where, text string) {
	t.Helper()
	names := declared()
	for _, name := range metric.FindAllString(text, -1) {
		if !slices.Contains(names, name) && !slices.Contains(names, suffix.ReplaceAllString(name, "")) {
			t.Errorf("%s: eslua has no metric %s", where, name)
		}
	}
}
