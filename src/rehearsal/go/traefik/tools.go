//go:build tools

// Package tools names the program and the files that the rehearsal builds or reads.
package tools

import (
	_ "github.com/traefik/traefik/v3/cmd/traefik"
	_ "sigs.k8s.io/gateway-api/apis/v1"
)
