package sqldb

// Bisect loads the rows 0 to n such that those that the database refuses stay out. try
// loads a range and leaves nothing of it behind when it fails; refused tells whether an
// error is about a row, and which one, from the start of the range, or -1 when the
// database does not say; reject is told of each row that is refused. Rows are tried in
// their order.
func Bisect(n int, try func(from, to int) error, refused func(error) (at int, ok bool), reject func(row int, err error)) error {
	b := bisection{try, refused, reject}
	return b.load(0, n)
}

type bisection struct {
	try     func(from, to int) error
	refused func(error) (int, bool)
	reject  func(int, error)
}

func (b *bisection) load(from, to int) error {
	if from >= to {
		return nil
	}
	err := b.try(from, to)
	if err == nil {
		return nil
	}
	at, ok := b.refused(err)
	if !ok {
		return err
	}
	if to-from == 1 {
		b.reject(from, err)
		return nil
	}
	// What comes after a bad row is halved all the same: when all rows are bad, the tries must not
	// shrink by one row each.
	mid := from + (to-from)/2
	cuts := []int{from, mid, to}
	if bad := from + at; at >= 0 && bad < to {
		cuts = []int{from, bad, bad + 1, bad + 1 + (to-bad-1)/2, to}
	}
	for i := range cuts[1:] {
		if err := b.load(cuts[i], cuts[i+1]); err != nil {
			return err
		}
	}
	return nil
}
