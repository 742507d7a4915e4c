package sqlite

import "unsafe"

// pointer is the address p in C memory, which Go's collector neither moves nor
// frees. It is written as an offset from nil because go vet takes a plain
// conversion for a mistake, and kept out of line because the compiler of Go 1.26
// gives up on a copy to a constant offset from nil.
//
//go:noinline
func pointer(p uintptr) unsafe.Pointer { return unsafe.Add(nil, p) }
