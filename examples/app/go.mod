module example.com/app

go 1.24

require (
	github.com/pkg/errors v0.9.1
	rsc.io/quote v1.5.2
	rsc.io/sampler v1.3.0 // indirect
)
