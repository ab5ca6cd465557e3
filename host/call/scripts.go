package call

import (
	"errors"
	"fmt"
	"strings"

	"github.com/eslua/eslua/host/operate/config"
	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// scripts is a generation whose error for a flow that does not exist says which
// do, or how the flow of a subdirectory is written.
type scripts struct {
	*store.Generation
	args    []string      // of the call
	refusal func() string // see Deps
}

func (s scripts) Script(flow string) (*vm.Script, error) {
	if store.IsHook(flow) {
		return nil, &store.HookError{Flow: flow}
	}
	script, err := s.Generation.Script(flow)
	if missing := (*store.NotFoundError)(nil); errors.As(err, &missing) {
		err = &unknownFlowError{missing, s, flow}
	}
	return script, err
}

// unknownFlowError says that a call named a flow that is not among the scripts.
type unknownFlowError struct {
	*store.NotFoundError
	scripts scripts
	flow    string
}

func (e *unknownFlowError) Error() string {
	exists := func(flow string) bool { return e.scripts.Version(flow) != "" }
	if deeper := config.Deeper(e.flow, e.scripts.args, exists); deeper != "" {
		return fmt.Sprintf("%s; the path means the flow %q with arguments: write %s for the flow %s", e.NotFoundError, e.flow, strings.ReplaceAll(deeper, "/", "%2f"), deeper)
	}
	return e.NotFoundError.Error() + "; correct the name in the dialplan, the route or default_flow: " + e.scripts.DescribeFlows(e.flow) + e.scripts.refusal()
}
