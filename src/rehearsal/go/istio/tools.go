//go:build tools

// Package tools names the module whose definitions of Istio's objects the deliveries are tried with.
package tools

import _ "istio.io/api/networking/v1"
