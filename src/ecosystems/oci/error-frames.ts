export const ociErrorFrames = {
  // https://github.com/moby/moby: the daemon's errors; a client of its API prints its status (HTTP code) before them.
  docker:
    /Error response from daemon: (?!dial unix|driver failed|failed to create|OCI runtime|[Cc]annot |No such|conflict|container |network |endpoint )|\(HTTP code \d+\)|HTTP code is \d+|error pulling image|toomanyrequests: |pull access denied|received unexpected HTTP status|no matching manifest for|no basic auth credentials|layer verification failed|ERROR: failed to solve: |[Cc]opying blob|Error getting v2 registry/,
  // https://github.com/containerd/containerd: core/remotes/docker
  containerd:
    /^(?:[^\s:]+ +)?ctr: (?!failed to dial)|httpRead(?:er)?Seeker|failed to (?:do request(?=: | \()|resolve reference|pull and unpack|authorize|copy|unpack image)|failed commit on ref|trying next host|Failed to pull image|PullImage|pulling image|unable to decode token|Error in pulling image|tryLoginWithRegHost/,
  // https://github.com/containers/image: docker/docker_client.go, copy/single.go
  'skopeo and podman':
    /docker:\/\/|pinging (?:container|docker) registry|[Rr]eading (?:manifest|blob)|[Ii]nitializing (?:source|image)|(?:[Tt]rying to|Error trying to) reuse blob|Error writing blob|writing blob|Digest did not match|unable to retrieve auth token|Trying to pull|determining manifest|requested access to the resource|\bAccessing "\S+" failed|Ping https?:\S+/,
  // https://github.com/google/go-containerregistry: the request before the registry's error code
  crane:
    /\/v2\/(?:\\?"?:|(?:(?!\/v2\/)\S)+\/(?:manifests|blobs|tags)\/)|\/v1\/_ping|"code":"[A-Z]+_[A-Z_]+"|StatusCode: \d{3}, /,
};
