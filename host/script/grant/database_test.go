package grant

import (
	"strings"
	"testing"
)

func TestDatabases(t *testing.T) {
	g := Default()
	if err := g.CheckDatabase("cdr"); err == nil || !strings.Contains(err.Error(), "write grants: {databases: [cdr]}") {
		t.Errorf("by default: %v", err)
	}
	g.Databases = []string{"cdr", "shop"}
	if err := g.CheckDatabase("shop"); err != nil {
		t.Error(err)
	}
	if err := g.CheckDatabase("Shop"); err == nil || !strings.Contains(err.Error(), "[cdr, shop, Shop]") {
		t.Errorf("another name: %v", err)
	}
}
