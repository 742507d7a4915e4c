package people

import (
	"context"

	"github.com/headgate/headgate/cmd/internal/ui"
	"github.com/headgate/headgate/vault"
)

// Removed is what the removal of somebody led to.
type Removed struct {
	User    string   `json:"user"`
	Exposed []string `json:"exposed"` // secrets to replace at their sources
	Effects
}

// Remove takes somebody out for ever and tells what follows.
func Remove(ctx context.Context, t *ui.Terminal, m *vault.Member, b *Book, p vault.Person) (Removed, error) {
	exposed, outcome, err := m.Remove(ctx, p.ID)
	if err = Done(t, err); err != nil {
		return Removed{}, err
	}
	r := Removed{Called(p), append([]string{}, exposed...), EffectsOf(outcome, b)}
	t.Note(r.User + " is removed")
	r.Tell(t)
	for _, s := range r.Exposed {
		t.Warn(r.User + " could read secret " + s + ": replace it at its source, then `headgate secret set`")
	}
	return r, nil
}
