package people

import (
	"context"
	"errors"

	"github.com/headgate/headgate/cmd/internal/cli"
	"github.com/headgate/headgate/cmd/internal/ui"
)

// Sure asks whether to do what cannot be undone. Without a terminal it takes --yes.
func Sure(ctx context.Context, t *ui.Terminal, yes bool, what string) error {
	if yes {
		return nil
	}
	ok, err := t.Confirm(ctx, what+"?")
	switch {
	case errors.Is(err, ui.ErrNobodyThere):
		return &cli.UsageError{Message: what + ": nobody is here to confirm it", Hint: "--yes says that it is meant"}
	case err != nil:
		return err
	case !ok:
		return &cli.Outcome{Exit: 1, Code: "failed", Message: "nothing was changed"}
	}
	return nil
}
