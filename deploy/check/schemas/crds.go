//go:build crds

package main

// Never built: keeps the module whose example folder holds the operator's CRDs in go.mod and go.sum.
import _ "github.com/prometheus-operator/prometheus-operator/pkg/versionutil"
