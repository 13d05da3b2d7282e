import { describe, expect, test } from 'vitest';
import { englishLeft } from './english-left.ts';
import { run } from './run-program.ts';

interface Explained {
  readonly known: boolean;
  readonly errors: readonly {
    readonly reason: string | null;
    readonly candidates: readonly { readonly reason: string; readonly means: string }[];
    readonly layer: string | null;
    readonly ecosystem: string | null;
    readonly url: string | null;
    readonly means: string;
    readonly next: string;
    readonly run: readonly string[];
  }[];
}

async function explained(text: string): Promise<Explained> {
  return JSON.parse((await run(['explain', '--json', text])).out) as Explained;
}

/** Texts as the clients print them, with made-up hosts. */
const rows: readonly (readonly [
  client: string,
  text: string,
  reason: string,
  ecosystem: string,
  url: string | null,
])[] = [
  [
    'npm',
    'npm error code ECONNREFUSED\nnpm error errno ECONNREFUSED\nnpm error FetchError: request to http://npm.example.com:4873/left-pad failed, reason: connect ECONNREFUSED 192.0.2.1:4873',
    'refused',
    'npm',
    'http://npm.example.com:4873',
  ],
  [
    'npm',
    'npm ERR! code ENOTFOUND\nnpm ERR! network request to https://npm.example.com/left-pad failed, reason: getaddrinfo ENOTFOUND npm.example.com',
    'resolve_not_found',
    'npm',
    'https://npm.example.com',
  ],
  [
    'npm',
    'npm error code E404\nnpm error 404 Not Found - GET https://npm.example.com/left-pad - no such package',
    'absent',
    'npm',
    'https://npm.example.com',
  ],
  [
    'npm',
    'npm error code EINTEGRITY\nnpm error sha512-AAAA integrity checksum failed when using sha512: wanted sha512-AAAA but got sha512-BBBB',
    'mismatch',
    'npm',
    null,
  ],
  [
    'npm',
    'npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request to https://npm.example.com/x failed, reason: self-signed certificate in certificate chain',
    'tls_untrusted',
    'npm',
    'https://npm.example.com',
  ],
  [
    'npm',
    'npm error code E401\nnpm error Unable to authenticate, your authentication token seems to be invalid.',
    'denied',
    'npm',
    null,
  ],
  [
    'npm',
    'npm error FetchError: invalid json response body at https://npm.example.com/x reason: Unexpected token \'<\', "<html>" is not valid JSON',
    'wrong_content',
    'npm',
    'https://npm.example.com',
  ],
  [
    'pnpm',
    ' ERR_PNPM_FETCH_503  GET https://npm.example.com/left-pad: Service Unavailable - 503',
    'server',
    'npm',
    'https://npm.example.com',
  ],
  [
    'go',
    'go: example.com/hello@v1.0.0: Get "https://go.example.com/example.com/hello/@v/v1.0.0.mod": dial tcp: lookup go.example.com on 127.0.0.53:53: no such host',
    'resolve_not_found',
    'go',
    'https://go.example.com',
  ],
  [
    'go',
    'go: example.com/hello@v1.0.0: reading https://go.example.com/example.com/hello/@v/v1.0.0.zip: 404 Not Found',
    'absent',
    'go',
    'https://go.example.com',
  ],
  [
    'go',
    'verifying example.com/hello@v1.0.0: checksum mismatch\n\tdownloaded: h1:A=\n\tgo.sum:     h1:B=\n\nSECURITY ERROR',
    'mismatch',
    'go',
    null,
  ],
  [
    'go',
    'go: example.com/hello@v1.0.0: Get "https://go.example.com/x/@v/list": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'tls_untrusted',
    'go',
    'https://go.example.com',
  ],
  ['go', 'go: example.com/hello@v1.0.0: module lookup disabled by GOPROXY=off', 'lookups_off', 'go', null],
  [
    'go',
    'go: downloading example.com/hello v1.0.0\ngo: example.com/hello@v1.0.0: unexpected EOF',
    'cut, malformed',
    'go',
    null,
  ],
  ['go', 'go: example.com/hello@v1.0.0: zip: not a valid zip file', 'cut, wrong_content', 'go', null],
  [
    'pip',
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError': /simple/six/\nERROR: HTTPSConnectionPool(host='pypi.example.com', port=443): Max retries exceeded with url: /simple/six/ (Caused by NewConnectionError: [Errno 111] Connection refused)",
    'refused',
    'pypi',
    'https://pypi.example.com',
  ],
  [
    'pip',
    "pip._vendor.requests.HTTPError: HTTPSConnectionPool(host='pypi.example.com', port=443): [Errno 111] Connection refused",
    'refused',
    'pypi',
    'https://pypi.example.com',
  ],
  [
    'pip',
    'ERROR: Could not find a version that satisfies the requirement six==99 (from versions: none)\nERROR: No matching distribution found for six==99',
    'absent, denied, server, throttled, wrong_content',
    'pypi',
    null,
  ],
  ['pip', 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.', 'mismatch', 'pypi', null],
  [
    'pip',
    'WARNING: The repository located at pypi.example.com is not a trusted or secure host and is being ignored.',
    'plain_refused',
    'pypi',
    null,
  ],
  [
    'uv',
    'error: Failed to fetch: `https://pypi.example.com/simple/six/`\n  Caused by: invalid peer certificate: UnknownIssuer',
    'tls_untrusted',
    'pypi',
    'https://pypi.example.com',
  ],
  [
    'docker',
    'Error response from daemon: Get "https://hub.example.com/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
    'resolve_failed, timeout_connect, timeout_tls',
    'oci',
    'https://hub.example.com',
  ],
  [
    'docker',
    'toomanyrequests: You have reached your pull rate limit. Error response from daemon',
    'throttled',
    'oci',
    null,
  ],
  [
    'docker',
    'Error response from daemon: manifest for team/app:9 not found: manifest unknown: manifest unknown',
    'absent',
    'oci',
    null,
  ],
  [
    'docker',
    'Error response from daemon: Get "https://hub.example.com:5000/v2/": http: server gave HTTP response to HTTPS client',
    'tls_protocol',
    'oci',
    'https://hub.example.com:5000',
  ],
  [
    'containerd',
    'ctr: failed to copy: failed commit on ref "layer-sha256:a": unexpected commit digest sha256:b, expected sha256:a: failed precondition',
    'mismatch',
    'oci',
    null,
  ],
  [
    'apt',
    "Err:1 http://deb.example.com/debian bookworm InRelease\n  Temporary failure resolving 'deb.example.com'",
    'resolve_failed',
    'http',
    'http://deb.example.com',
  ],
  [
    'apt',
    'E: Failed to fetch http://deb.example.com/debian/pool/a.deb  Hash Sum mismatch',
    'mismatch',
    'http',
    'http://deb.example.com',
  ],
  [
    'apt',
    'E: Release file for http://deb.example.com/debian/dists/x/InRelease is not valid yet (invalid for another 3h). Updates for this repository will not be applied.',
    'stale',
    'http',
    'http://deb.example.com',
  ],
  [
    'apt',
    "W: GPG error: http://deb.example.com/debian x InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 0000",
    'signature',
    'http',
    'http://deb.example.com',
  ],
  [
    'cargo',
    "warning: spurious network error (3 tries remaining): [6] Couldn't resolve host name (Could not resolve host: crates.example.com)",
    'resolve_not_found',
    'http',
    'https://crates.example.com',
  ],
  [
    'cargo',
    'error: failed to download from `https://crates.example.com/api/v1/crates/a/1.0.0/download`\nCaused by: [60] SSL certificate problem: unable to get local issuer certificate',
    'tls_untrusted',
    'http',
    'https://crates.example.com',
  ],
  ['cargo', 'error: failed to verify the checksum of `a v1.0.0`\ncargo', 'mismatch', 'http', null],
];

describe('mirrorwatch explain', () => {
  test.each(rows)('%s: %s', async (_, text, reason, ecosystem, url) => {
    const { known, errors } = await explained(text);
    const [first] = errors;
    const told = first?.reason ?? first?.candidates.map((one) => one.reason).join(', ');
    expect([known, told, first?.ecosystem, first?.url]).toEqual([true, reason, ecosystem, url]);
    expect([first?.means, first?.next]).toEqual([expect.stringMatching(/\w+/), expect.stringMatching(/\w+/)]);
    expect(first?.run.length).toBeGreaterThan(0);
  });

  test('for people: what it means, what to do and what to run', async () => {
    const ran = await run(['explain', 'npm', 'error', 'connect ECONNREFUSED http://npm.example.com:4873/x']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toBe(`refused  tcp
  npm error connect ECONNREFUSED http://npm.example.com:4873/x
  means  the host is up, but no service listens on that port, or a filter rejects the connection
  next   Check the port for a typo. If the port is right, the mirror is down or a filter rejects the connection.
  run    mirrorwatch doctor http://npm.example.com:4873 --ecosystem npm
         mirrorwatch rank npm
         mirrorwatch advice
`);
  });

  test.each([
    ['npm error 502 Bad Gateway - GET https://npm.example.com/depd', ['rank npm', 'advice']],
    ['npm error code E401\nnpm error 401 Unauthorized - GET https://npm.example.com/depd', ['rank npm']],
  ])('advice may name another mirror if a mirror is down: %s', async (text, want) => {
    const { errors } = await explained(text);
    expect(errors[0]?.run.slice(1)).toEqual(want.map((command) => `mirrorwatch ${command}`));
  });

  test('a text that does not tell its cause: the candidates, for people', async () => {
    const { code, out } = await run(['explain', 'go: example.com/hello@v1.0.0: zip: not a valid zip file']);
    expect(code).toBe(0);
    expect(out).toContain('not clear\n');
    expect(out).toMatch(/^ +cut: \w/m);
    expect(out).toMatch(/^ +wrong_content: \w/m);
  });

  test('in Chinese', async () => {
    const { out } = await run(['explain', '--lang', 'zh', 'npm error code ENOSPC\nnpm error connect ECONNREFUSED']);
    expect(
      englishLeft(
        out.replaceAll(
          /npm error (?:code ENOSPC|connect ECONNREFUSED)|--ecosystem npm|rank npm|mirrorwatch \w+|refused|disk|tcp/g,
          '',
        ),
      ),
    ).toEqual([]);
    expect(out).toContain('磁盘');
  });

  test('standard input with -', async () => {
    const ran = await run(['explain', '-', '--json'], { input: 'x\nE: Failed to fetch a  Hash Sum mismatch\n' });
    expect([ran.code, (JSON.parse(ran.out) as Explained).errors.map(({ reason }) => reason)]).toEqual([
      0,
      ['mismatch'],
    ]);
  });

  test('several errors of one text, each once, in their order', async () => {
    const { errors } = await explained('npm error ECONNRESET\nnpm error ECONNRESET\nnpm error E404');
    expect(errors.map(({ reason }) => reason)).toEqual(['reset', 'absent']);
  });

  test('sizes, counts and lines of a traceback are no status', async () => {
    const text = `   ━━━━━━━━━━ 502.1/502.1 kB 3.2 MB/s eta 0:00:00
Downloading six-1.17.0-py3-none-any.whl (404 kB)
added 404 packages, and audited 503 packages in 2s
  File "/usr/lib/python3/dist-packages/urllib3/connectionpool.py", line 429, in _make_request`;
    expect(await explained(text)).toEqual({ known: false, errors: [] });
  });

  test('what is not known: exit 1, and said', async () => {
    expect(await run(['explain', 'make: *** [all] Error 2'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('this text contains no known error'),
    });
    const json = await run(['explain', '--json', 'all is well']);
    expect([json.code, JSON.parse(json.out)]).toEqual([1, { known: false, errors: [] }]);
  });

  test.each([[[]], [['--jsn', 'x']]])('wrong usage: %j', async (argv) => {
    expect((await run(['explain', ...argv])).code).toBe(2);
  });

  test('neither credentials nor escapes of the text are printed', async () => {
    const { out } = await run(['explain', 'npm error ECONNREFUSED https://ada:hunter2@npm.example.com/x \u001b[2J']);
    expect(out).not.toContain('hunter2');
    expect(out).not.toContain('\u001b');
  });
});
