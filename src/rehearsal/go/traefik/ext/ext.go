// Package ext stands where Traefik's release build puts its optional dynamic configuration.
package ext

// HTTP is empty: the rehearsal uses no extension.
type HTTP struct{}

// Router is empty: the rehearsal uses no extension.
type Router struct{}
