//go:build !linux && !darwin

package harden

func process() {}
