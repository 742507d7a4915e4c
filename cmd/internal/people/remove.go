package people

import (
	"context"

	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/vault"
)

// Removed is what the removal of somebody led to.
type Removed struct {
	User string `json:"user"`
	Effects
}

// Remove takes somebody out for ever and tells what follows.
func Remove(ctx context.Context, t *ui.Terminal, m *vault.Member, b *Book, p vault.Person) (Removed, error) {
	exposed, outcome, err := m.Remove(ctx, p.ID)
	if err = Done(t, err); err != nil {
		return Removed{}, err
	}
	after, err := Open(ctx, m)
	if err != nil {
		return Removed{}, err
	}
	r := Removed{Called(p), EffectsOf(outcome, b, after)}
	// Also what somebody else left to be replaced was this person's to read.
	r.Exposed = append([]string{}, exposed...)
	t.Note(r.User + " is removed")
	r.Tell(t)
	return r, nil
}
