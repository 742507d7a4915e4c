// Package formattest is the definition of a format, as tests: what every decoder and
// encoder must do, run against the real thing. A format calls Run from its own tests
// with a Harness that says how it is set up and what it cannot do.
package formattest
