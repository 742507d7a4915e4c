// Package pace keeps stores from asking more of another system than a connection allows: so
// many requests and so many bytes in a time, and nothing before the server wants to be asked
// again.
package pace
