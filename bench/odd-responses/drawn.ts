import { ownRows } from './common.ts';
import type { Row } from './kind.ts';

const release = '/versions/1.0.0';
const anchor = (href: string, attributes = '', around = '') => ({
  body: `<!DOCTYPE html><html><body>${around}<a href="${href}"${attributes}>{file}</a></body></html>`,
});
const token = (v: object) => ({ body: JSON.stringify(v) });
/** Rows of a later draw, from clients' sources and public reports, by the word of their kind. */
export const drawn = {
  go: [
    ...ownRows('list', {
      'status 500': { status: 500, body: '' },
      'status 429': { status: 429, body: '' },
      'a redirect to itself': { status: 302, headers: { location: '/example.com/odd/@v/list' }, body: '' },
      'versions with tabs and comments': { body: '# versions\nv1.0.0\tx\nv1.1.0\n' },
      'a version with a capital V': { body: 'V1.2.0\nv1.0.0\nv1.1.0\n' },
    }),
    ...ownRows('info', {
      'names in lower case': { body: '{"version":"v1.1.0","time":"2024-05-01T10:00:00Z"}' },
      'names in capitals': { body: '{"VERSION":"v1.1.0","TIME":"2024-05-01T10:00:00Z"}' },
      'a member twice': { body: '{"Version":"v0.9.0","Version":"v1.1.0","Time":"2024-05-01T10:00:00Z"}' },
      'Time with an offset': { set: { '/Time': '2024-05-01T12:00:00+02:00' } },
      'Time with a small t': { set: { '/Time': '2024-05-01t10:00:00z' } },
      'Time empty': { set: { '/Time': '' } },
      'Version as a number': { set: { '/Version': 1 } },
      'JSON behind JSON': { after: '{}' },
      'Origin as a text': { set: { '/Origin': 'git' } },
      'a raw line end in a text': { set: { '/Origin': { URL: 'a' } }, replace: ['"URL":"a"', '"URL":"a\nb"'] },
    }),
    ...ownRows('latest', {
      'names in lower case': { body: '{"version":"v0.0.0-20240701000000-0123456789ab","time":"2024-05-01T10:00:00Z"}' },
    }),
    ...ownRows('mod', {
      'module in a comment block': { before: '/* odd */\n' },
      'a toolchain': { after: 'toolchain go1.21.0\n' },
      'go 1.21.x': { replace: ['go 1.21', 'go 1.21.x'] },
      'go before module': { body: 'go 1.21\n\nmodule example.com/odd\n' },
    }),
    ...ownRows('zip', {
      'another prefix in the names': { replace: ['example.com/odd@v1.1.0/LICENSE', 'example.com/odd@v1.1.1/LICENSE'] },
    }),
  ],
  npm: [
    ...ownRows('packument', {
      'dependencies as a list': { set: { [`${release}/dependencies`]: [] } },
      'dependencies null': { set: { [`${release}/dependencies`]: null } },
      'engines as a list': { set: { [`${release}/engines`]: ['node >= 0.6'] } },
      'deprecated false': { set: { [`${release}/deprecated`]: false } },
      'bin as a number': { set: { [`${release}/bin`]: 1 } },
      'an error with status 200': { body: '{"error":"not_found","reason":"document not found"}' },
      'two hashes in integrity': {
        set: {},
        replace: ['"integrity":"sha512-', '"integrity":"sha1-AAAAAAAAAAAAAAAAAAAAAAAAAAA= sha512-'],
      },
      'integrity with options': { replace: ['=="', '==?odd"'] },
      'time null': { set: { '/time': null } },
      'signatures null': { set: { [`${release}/dist/signatures`]: null } },
      'a tarball with a blank behind': { set: { [`${release}/dist/tarball`]: '{base}/odd/-/odd-1.0.0.tgz ' } },
      'a tarball with backslashes': { set: { [`${release}/dist/tarball`]: '{base}\\odd\\-\\odd-1.0.0.tgz' } },
      'a tarball of a port where nothing listens': {
        set: { [`${release}/dist/tarball`]: 'http://127.0.0.1:9/odd/-/odd-1.0.0.tgz' },
      },
      'status 304': { status: 304, body: '' },
      'status 429': { status: 429, body: '', headers: { 'retry-after': '1' } },
      'a version that is no version beside': {
        set: { '/versions/banana': { name: 'odd', version: 'banana', dist: {} } },
      },
      'dist-tags with a number': { set: { '/dist-tags/old': 1 } },
      'a null version beside': { set: { '/versions/0.9.0': null } },
    }),
    ...ownRows('tarball', {
      'a kilobyte of zeros behind': { after: '\0'.repeat(1024) },
      'status 302 to itself': { status: 302, headers: { location: '/odd/-/odd-1.0.0.tgz' }, body: '' },
    }),
  ],
  pypi: [
    ...ownRows('json', {
      'gpg-sig null': { set: { '/files/0/gpg-sig': null } },
      'provenance null': { set: { '/files/0/provenance': null } },
      'provenance as a number': { set: { '/files/0/provenance': 1 } },
      'dist-info-metadata alone': { set: { '/files/0/core-metadata': undefined, '/files/0/dist-info-metadata': true } },
      'a wrong fragment in the URL': { set: { '/files/0/url': '/files/{file}#sha256=00' } },
      'the file name in capitals': { set: { '/files/0/filename': 'ODD-1.0-py3-none-any.whl' } },
      'an unknown project-status': { set: { '/project-status': { status: 'odd' } } },
      'project-status as a text': { set: { '/project-status': 'active' } },
      'core-metadata an empty object': { set: { '/files/0/core-metadata': {} } },
      'versions with a wrong one': { set: { '/versions': ['1.0', 'banana'] } },
      'versions as numbers': { set: { '/versions': [1.0] } },
      'meta null': { set: { '/meta': null } },
      'a time with nine digits': { set: { '/files/0/upload-time': '2024-05-01T10:00:00.123456789Z' } },
      'a time as a number': { set: { '/files/0/upload-time': 1714557600 } },
      'yanked an empty text': { set: { '/files/0/yanked': '' } },
      'size as 1e3': { replace: ['"files":[{', '"files":[{"size":1e3,'] },
      'a file null beside': { set: { '/files/1': null } },
      'files twice': { replace: ['"files":', '"files":[],"files":'] },
    }),
    ...ownRows(
      'html',
      {
        'HREF in capitals': { replace: ['href=', 'HREF='] },
        'a comment around another link': anchor(
          '/files/{file}#sha256={sha256}',
          '',
          '<!-- <a href="/x/odd-9.0-py3-none-any.whl">odd-9.0-py3-none-any.whl</a> -->',
        ),
        'a wrong hash of the metadata': anchor('/files/{file}#sha256={sha256}', ' data-core-metadata="sha256=00"'),
        'SHA256 in capitals': anchor('/files/{file}#SHA256={sha256}'),
        'a blank in the link': anchor('/files/./{file}?a b#sha256={sha256}'),
        'an empty link beside': anchor('/files/{file}#sha256={sha256}', '', '<a href="">up</a><a>none</a>'),
        'requires-python empty': anchor('/files/{file}#sha256={sha256}', ' data-requires-python=""'),
        'data-yanked without a value': anchor('/files/{file}#sha256={sha256}', ' data-yanked'),
        'a ftp link beside': anchor(
          '/files/{file}#sha256={sha256}',
          '',
          '<a href="ftp://h.example/odd-9.0-py3-none-any.whl">odd-9.0-py3-none-any.whl</a>',
        ),
        'no end of the document': { body: '<a href="/files/{file}#sha256={sha256}">{file}' },
        'a link in a script': anchor(
          '/files/{file}#sha256={sha256}',
          '',
          '<script>var a = "<a href=\'/x/odd-9.0-py3-none-any.whl\'>x</a>";</script>',
        ),
      },
      'html',
    ),
  ],
  oci: [
    ...ownRows('manifest', {
      'layers null': { set: { '/layers': null } },
      'mediaType as a number': { set: { '/mediaType': 1 } },
      'no layers member': { set: { '/layers': undefined } },
      'config null': { set: { '/config': null } },
      artifactType: { set: { '/artifactType': 'application/x' } },
      'a layer without size': { set: { '/layers/0/size': undefined } },
      'size with a fraction': { replace: ['"layers":[{', '"layers":[{"x":1.5,'] },
      'a negative size': { set: { '/layers/0/size': -1 } },
      'urls null': { set: { '/layers/0/urls': null } },
      'names in capitals': { replace: ['"schemaVersion"', '"SchemaVersion"'] },
      'status 429': { status: 429, body: '' },
      'a digest with sha512': { set: { '/layers/0/digest': `sha512:${'0'.repeat(128)}` } },
      'HEAD 429': { method: 'HEAD', status: 429, body: '' },
      'HEAD 302 to a page': { method: 'HEAD', status: 302, headers: { location: '/login' }, body: '' },
      'an empty annotation': { set: { '/annotations': {} } },
      'an annotation as a number': { set: { '/annotations': { a: 1 } } },
    }),
    ...ownRows(
      'token',
      {
        'expires_in beyond 64 bits': { body: '{"token":"abc","expires_in":99999999999999999999}' },
        'issued_at empty': token({ token: 'abc', issued_at: '' }),
        'access_token null': token({ token: 'abc', access_token: null }),
        'a token with a line end': token({ token: 'abc\n' }),
        'a redirect': { status: 307, headers: { location: '/token2' }, body: '' },
        'issued_at null': token({ token: 'abc', issued_at: null }),
        'refresh_token as a number': token({ token: 'abc', refresh_token: 1 }),
      },
      'token',
    ),
    ...ownRows(
      'challenge',
      {
        'scope with two actions': {
          headers: {
            'www-authenticate': 'Bearer realm="{base}/token",service="reg",scope="repository:team/odd:pull,push"',
          },
        },
        'realm of another scheme': { headers: { 'www-authenticate': 'Bearer realm="ftp://h/token",service="reg"' } },
        'Negotiate before Bearer': {
          headers: { 'www-authenticate': 'Negotiate, Bearer realm="{base}/token",service="reg"' },
        },
        'an unknown parameter': {
          headers: { 'www-authenticate': 'Bearer odd="1",realm="{base}/token",service="reg"' },
        },
        'realm twice': {
          headers: { 'www-authenticate': 'Bearer realm="{base}/no",realm="{base}/token",service="reg"' },
        },
        'escaped quotes': { headers: { 'www-authenticate': 'Bearer realm="{base}/token",service="r\\"eg"' } },
      },
      'token',
    ),
    ...ownRows('blob', {
      'status 429': { status: 429, body: '' },
      'an error with status 200': { body: '{"errors":[{"code":"BLOB_UNKNOWN"}]}' },
    }),
    ...ownRows('api', {
      'status 301 to a page': { status: 301, headers: { location: '/login' }, body: '' },
      'status 429': { status: 429, body: '' },
    }),
  ],
} satisfies Readonly<Record<string, readonly Row[]>>;
