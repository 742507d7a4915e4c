package rbac

// Class says what enforces a rule. Nothing in the program or its documents presents a
// rule as stronger than its class.
type Class string

// The classes.
const (
	Key       Class = "key"       // impossible without a key the person does not hold
	Signature Class = "signature" // anybody may write the bytes, every honest reader refuses them
	Runner    Class = "runner"    // done by a process under another account of the system
	Binary    Class = "binary"    // done by the unmodified program only: it guards against mistakes, not against the key's holder with a debugger
	Detect    Class = "detect"    // not prevented, found afterwards
)

// Classes lists the classes.
func Classes() []Class { return []Class{Key, Signature, Runner, Binary, Detect} }
