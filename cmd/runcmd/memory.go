package runcmd

import (
	"cmp"
	"os"
	"runtime/debug"
	"slices"

	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/step"
	"github.com/headgate/headgate/flow/step/seen"
)

// allowMemory lets the garbage collector leave alone what steps remember, on top of
// what moving rows takes, until restore is called. GOMEMLIMIT is left as it is.
func (s *session) allowMemory(p *plan.Plan) (restore func()) {
	remembers := slices.ContainsFunc(p.Ops, func(op *step.Op) bool { return op.Ordered })
	if os.Getenv("GOMEMLIMIT") != "" || !remembers {
		return func() {}
	}
	change := func(by int64) {
		s.memory.Lock()
		defer s.memory.Unlock()
		debug.SetMemoryLimit(debug.SetMemoryLimit(-1) + by)
	}
	more := cmp.Or(int64(p.Options.Memory), seen.DefaultMemory)
	change(more)
	return func() { change(-more) }
}
