package plan

// unverified reports whether the rows of the source are only known to be right once all of
// them were read.
func (b *builder) unverified() bool {
	v, ok := b.plan.From.(interface{ Verifies() bool })
	return ok && v.Verifies()
}
