package campaign

import (
	"testing"

	"github.com/eslua/eslua/host/testproc/natsbubble"
)

func TestMain(m *testing.M) { natsbubble.Main(m) }
