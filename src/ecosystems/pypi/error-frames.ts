export const pypiErrorFrames = {
  // https://github.com/pypa/pip: network/session.py, index/collector.py, exceptions.py
  // urllib3 and requests, at the paths of an index: other programs use these packages too.
  pip: /\bRetrying \(Retry\(|Could not fetch URL |Skipping page https?:|HTTP error \d+ while getting|Could not install (?:requirement|packages)|Could not find a version that satisfies|No matching distribution found|DO NOT MATCH THE HASHES|The repository located at|pip\._(?:vendor|internal)\.|^ERROR: (?:HTTPS?ConnectionPool|Exception|For req|Wheel|\d{3} (?:Client|Server) Error|Could not connect to|Cannot)|^(?:error: )?(?:incomplete-download|connection-failed)|^× (?:Download failed|Failed to connect)|"GET \/\S+ HTTP\/1\.1" \d{3} (?:None|\d+)$|exceeded with url: \S*(?:\/simple\/|\/pypi\/|\.whl|\.tar\.gz)|for url: \S*(?:\/simple\/|\/pypi\/|\/packages\/|\.whl)|^\(Caused by |upstream error \(URL '\S+\/simple/,
  // https://github.com/python-poetry/poetry, cleo prints the exception's text on a line of its own; pipenv
  poetry:
    /Unable to find installation candidates for|All attempts to connect to \S+ failed|^\('Connection aborted\.', RemoteDisconnected|^Hash for .* not found in known hashes/,
  // https://github.com/astral-sh/uv: crates/uv-client/src/error.rs, crates/uv-distribution/src/error.rs
  uv: /(?:^|[^\w.])(?:error|×|Caused by|DEBUG|TRACE):? ?(?:Failed to (?:fetch|download|read|query|unzip|extract|prepare|install)(?: and build)?(?::| `| wheel| dist| archive| source| check| metadata| cpython)|Request failed after|error sending request|Unsupported `|Missing `|Transient request|Indexes search failed|Request for https?:\S+ failed)|No solution found when resolving|^Failed to (?:download|extract|fetch)[ :]|^(?:Caused by: )?Invalid tar file|Hash mismatch for `|HTTP status (?:client|server) error \(|UV_HTTP_TIMEOUT|An index(?: URL)? \(https?:|^├─▶|^Request failed after|client error \(/,
};
