package plan

import (
	"context"
	"errors"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow"
)

// Sink opens the sink of a flow alone, to look at what it keeps between runs. It is for
// connector.Keeper and not for rows. end closes it.
func Sink(ctx context.Context, req Request) (to connector.Sink, end func() error, diags []flow.Diag, err error) {
	b := &builder{req: req, ctx: ctx, checker: newChecker(req.Flow, req.Project, req.Registry, req.Profile)}
	b.all()
	if !b.failed() {
		err = b.parameters()
	}
	if err == nil && !b.failed() {
		err = b.start()
	}
	if err == nil && !b.failed() {
		err = b.openSink()
	}
	diags = b.diags()
	end = func() error {
		if b.plan != nil && b.plan.To != nil {
			return errors.Join(b.plan.To.Close(), closeAll(b.closers))
		}
		return closeAll(b.closers)
	}
	if err != nil || serious(diags) {
		return nil, nil, diags, errors.Join(err, end())
	}
	return b.plan.To, end, diags, nil
}
