// Package engine runs plans: it moves morsels from the source through the steps to
// the sink, accounts for every row, and commits.
//
// # How data moves
//
// Every worker owns a slot (a connector.Morsel) and does the same things in
// turn: take a ticket and read the next piece, decode it, apply the steps, encode
// it, commit it. Reading, steps that share state, and committing happen one at a
// time in ticket order, at turnstiles; the rest is parallel. A sink that can take rows while it waits
// for an answer is sent one piece ahead of its commit. There are twice as many slots as
// processors, which is all the memory a run needs and all the back-pressure there
// is, but for pieces of many megabytes, of which fewer are in flight. An error waits for its turn at the commit too, so a run that fails tells the
// first error in the order of the rows, whatever the timing.
//
// The next split is opened while one is read. Where every split has an output of its own
// and no step remembers rows, several splits are read and written side by side, each in
// its own order; of several errors, the first in time is then the one that is told.
//
// # The promise
//
//  1. The split plan is stored before the first byte moves; finishing a crashed run
//     uses exactly that plan.
//  2. Order of durability: seal, receipts stored, commit of data and state
//     together, marked committed, acknowledgement to the source. The next run
//     first finishes or undoes what a crash left. The store is written three
//     times per run, and once more where the source acts on the
//     acknowledgement; never per batch.
//  3. A crash anywhere repeats work and never loses it; where the sink commits
//     state beside the data, the result is exactly once. Several output files
//     appear one by one.
//  4. Nothing half-written is visible under its final name.
//  5. No value changes silently, and every row is accounted for: read = written +
//     filtered + deduped + rejected. A run that does not balance fails.
//  6. The first signal finishes the batches under way and closes; the second exits at once.
//  7. A secret never reaches a log, an error, a plan, an audit line, a temp file or
//     argv.
//  8. No store lock is held while a flow runs.
package engine
