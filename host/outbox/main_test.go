package outbox

import (
	"testing"

	"github.com/eslua/eslua/host/durable/durabletest"
)

func TestMain(m *testing.M) { durabletest.Main(m) }
