package blob

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/connector"
)

// ledger is what a flow has read so far, as the cursor of its source. Files are known by
// digests, so that a ledger of a hundred thousand stays small.
type ledger struct {
	names    map[string]bool // of name, size and time of change
	contents map[string]bool // size and digest of the contents
	sizes    map[int64]bool  // of contents
}

// ledgerJSON is a ledger as it is stored.
type ledgerJSON struct {
	Names    []string `json:"names"`
	Contents []string `json:"contents,omitempty"`
}

// digestSize is how many bytes of a SHA-256 identify a file.
const digestSize = 15

func openLedger(cursor json.RawMessage) (*ledger, error) {
	var stored ledgerJSON
	if len(cursor) > 0 {
		if err := json.Unmarshal(cursor, &stored); err != nil {
			return nil, fmt.Errorf("the ledger of files that were read: %w", err)
		}
	}
	l := &ledger{names: map[string]bool{}, contents: map[string]bool{}, sizes: map[int64]bool{}}
	for _, n := range stored.Names {
		l.names[n] = true
	}
	for _, c := range stored.Contents {
		l.addContents(c)
	}
	return l, nil
}

func (l *ledger) cursor() (json.RawMessage, error) {
	return json.Marshal(ledgerJSON{slices.Sorted(maps.Keys(l.names)), slices.Sorted(maps.Keys(l.contents))})
}

func (l *ledger) clone() *ledger {
	return &ledger{maps.Clone(l.names), maps.Clone(l.contents), maps.Clone(l.sizes)}
}

func (l *ledger) addContents(c string) {
	l.contents[c] = true
	size, _, _ := strings.Cut(c, "-")
	if n, err := strconv.ParseInt(size, 10, 64); err == nil {
		l.sizes[n] = true
	}
}

// nameOf identifies a file without looking into it.
func nameOf(o connector.Object) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%d", o.Name, o.Size, o.Modified.UnixNano()))
	return base64.RawURLEncoding.EncodeToString(sum[:digestSize])
}

// contentsOf identifies contents; sum is their SHA-256.
func contentsOf(size int64, sum []byte) string {
	return strconv.FormatInt(size, 10) + "-" + base64.RawURLEncoding.EncodeToString(sum[:digestSize])
}
