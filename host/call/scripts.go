package call

import (
	"errors"

	"github.com/eslua/eslua/host/script/store"
	"github.com/eslua/eslua/host/script/vm"
)

// scripts is a generation whose error for a flow that does not exist says which
// do.
type scripts struct{ *store.Generation }

func (s scripts) Script(flow string) (*vm.Script, error) {
	script, err := s.Generation.Script(flow)
	if missing := (*store.NotFoundError)(nil); errors.As(err, &missing) {
		err = &unknownFlowError{missing, s.Generation}
	}
	return script, err
}

// unknownFlowError says that a call named a flow that is not among the scripts.
type unknownFlowError struct {
	*store.NotFoundError
	generation *store.Generation
}

func (e *unknownFlowError) Error() string {
	return e.NotFoundError.Error() + "; " + e.generation.DescribeFlows() + ": write one of them in the dialplan, the route or default_flow, in the same case"
}
