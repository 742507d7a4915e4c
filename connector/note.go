package connector

// Noter is a Source that has something to tell people about what it read, such as
// columns that were left out. Notes is called once, after every Reader was closed.
type Noter interface {
	Notes() []string
}

// Watcher is a Decoder whose records may have keys that neither Columns nor Bind
// named, because Columns looked at the first records only.
type Watcher interface {
	// Watch makes Decode count the records with such keys; with refuse it fails at the first
	// of them, for the reason that refuse gives. It is called after Bind and before Next.
	Watch(refuse func(key string) error)
	// Strays lists what was counted, after the last Decode: no more than MaxStrays keys,
	// those that were found first.
	Strays() []Stray
}

// MaxStrays is how many keys a Watcher tells apart.
const MaxStrays = 100

// Stray is a key that Columns did not list.
type Stray struct {
	Key     string // "" = all of those beyond MaxStrays
	Records int64
	Line    int64 // of the first record
}
