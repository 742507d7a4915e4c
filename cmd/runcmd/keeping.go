package runcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/people"
	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/flow/plan"
	"github.com/headgate/headgate/flow/state"
	"github.com/headgate/headgate/vault/auditlog"
)

// keeping is what one flow, or one stream, keeps.
type keeping struct {
	remembered
	req   plan.Request
	local *state.Folder
}

// keeper opens the sink, if it is one that keeps cursors; nil = it does not.
func (k *keeping) keeper(ctx context.Context) (connector.Keeper, func() error, error) {
	to, end, diags, err := plan.Sink(ctx, k.req)
	if found := cli.Serious(diags); len(found) > 0 {
		return nil, nil, &cli.FindingsError{Diags: found}
	}
	if err != nil {
		return nil, nil, err
	}
	keeper, _ := to.(connector.Keeper)
	return keeper, end, nil
}

// look finds out what is kept.
func (k *keeping) look(ctx context.Context) (err error) {
	key := k.req.Flow.Key()
	if k.Local, err = k.local.Cursor(key); err != nil {
		return err
	}
	if k.Run, err = k.local.Last(key); err != nil {
		return err
	}
	open, err := k.local.Pending(key)
	if err != nil {
		return err
	}
	if open != nil {
		k.Open = open.Run
	}
	k.Cursor, k.Where = k.Local, "local"
	keeper, end, err := k.keeper(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if keeper != nil {
		cursor, run, err := keeper.Kept(ctx, key)
		if err != nil {
			return err
		}
		if cursor != nil {
			k.Cursor, k.Where = cursor, "sink"
		}
		if run != "" {
			k.Run = run
		}
	}
	if k.Cursor == nil {
		k.Where = ""
	}
	return nil
}

// position is the cursor to set, which the source makes of what was written; nil = none.
func (k *keeping) position(ctx context.Context, o *StateOptions) (json.RawMessage, error) {
	if o.Value == "" {
		return nil, nil
	}
	if k.req.Flow.Source.Incremental == nil {
		return nil, &cli.UsageError{Message: k.name() + " is not read by a cursor", Hint: "`incremental` of its source says which; `headgate state reset` forgets the files it has seen"}
	}
	req := k.req
	req.Purpose = plan.ToPreview
	p, err := build(ctx, o.Env, req)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	source, ok := p.From.(connector.Positioner)
	if !ok {
		return nil, cli.Usagef("the cursor of %s cannot be set", k.name())
	}
	cursor, err := source.Position(ctx, o.Value, o.Tie)
	if err != nil {
		return nil, &cli.UsageError{Message: err.Error()}
	}
	return cursor, nil
}

func (k *keeping) name() string {
	if k.Stream != "" {
		return "stream " + k.Stream + " of flow " + k.Flow
	}
	return "flow " + k.Flow
}

// change sets the cursor, or forgets it, beside the data and here.
func (k *keeping) change(ctx context.Context, o *StateOptions, cursor json.RawMessage) (err error) {
	key := k.req.Flow.Key()
	for _, name := range []string{k.Flow, key}[:1+min(1, len(k.Stream))] {
		unlock, err := k.local.Lock(name)
		if err != nil {
			return fmt.Errorf("%s: %w", k.name(), err)
		}
		defer unlock()
	}
	open, err := k.local.Pending(key)
	if err != nil {
		return err
	}
	if open != nil {
		return &cli.UsageError{Message: fmt.Sprintf("run %s of %s has not ended, and may yet move the cursor", open.Run, k.name()), Hint: "headgate run " + k.Flow + " finishes or undoes it first"}
	}
	what := "forget the cursor of " + k.name()
	if cursor != nil {
		what = "set the cursor of " + k.name() + " to " + string(shown(cursor))
	}
	if err := people.Sure(ctx, o.Env.UI, o.Yes, what); err != nil {
		return err
	}
	if err := record(ctx, o.Env, k.Flow, what); err != nil {
		return err
	}
	keeper, end, err := k.keeper(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	if keeper != nil {
		if err := keeper.Keep(ctx, key, cursor); err != nil {
			return err
		}
	}
	return k.local.SetCursor(key, cursor)
}

// record writes a change to the audit log, before it is made.
func record(ctx context.Context, env *cli.Env, flow, what string) error {
	if there, err := env.HasStore(); !there {
		return err
	}
	m, err := env.Member(ctx)
	if err != nil {
		return err
	}
	return m.Record(ctx, auditlog.Object{Kind: auditlog.StateSet, Object: flow, Note: what})
}
