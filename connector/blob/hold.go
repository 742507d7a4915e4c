package blob

import (
	"context"

	"github.com/headgate/headgate/connector"
	"github.com/headgate/headgate/connector/spool"
)

// Verifies reports whether a file that Discover found is only known to be right at its
// end. Its rows must not be shown to anybody before.
func (s *Source) Verifies() bool {
	for _, o := range s.objects {
		layers, err := s.cfg.Layers.resolve(s.cfg.Registry, o.Name)
		if err != nil {
			continue // opening it will tell
		}
		for _, c := range layers.Codecs {
			if c.Verifies {
				return true
			}
		}
	}
	return false
}

// held is an upload to where nothing can be held back, such as standard output: it is held
// back here until Seal.
type held struct {
	connector.Upload
	spool spool.Spool
}

func (h *held) Write(p []byte) (int, error) { return h.spool.Write(p) }

func (h *held) Seal(ctx context.Context) (string, error) {
	if err := h.spool.CopyTo(h.Upload); err != nil {
		return "", err
	}
	return h.Upload.Seal(ctx)
}

func (h *held) Close() error {
	h.spool.Close()
	return h.Upload.Close()
}
