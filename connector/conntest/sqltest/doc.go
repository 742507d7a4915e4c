// Package sqltest is what is to be true of every database's connector, as tests: a database says
// in a Server how it is reached and where its SQL differs.
package sqltest
