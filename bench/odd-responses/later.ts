import { ownRows } from './common.ts';
import type { Row } from './kind.ts';

const release = '/versions/1.0.0';
const link = (href: string, attributes = '', around = '') => ({
  body: `<!DOCTYPE html><html><head>${around}</head><body><a href="${href}"${attributes}>{file}</a></body></html>`,
});
const hash = '#sha256={sha256}';
const challenge = (value: string) => ({ headers: { 'www-authenticate': value } });

/** Rows of a third draw, by the word of their kind. */
export const later = {
  go: [
    ...ownRows('list', {
      'status 418': { status: 418, body: '' },
      'a carriage return alone between versions': { body: 'v1.0.0\rv1.1.0\r' },
      'versions of another major version': { body: 'v1.0.0\nv1.1.0\nv2.0.0\n' },
      'a retracted-looking comment': { body: 'v1.0.0\nv1.1.0 // latest\n' },
      'status 200 with not found': { body: 'not found: module example.com/odd: no matching versions\n' },
    }),
    ...ownRows('info', {
      'Time with a fraction': { set: { '/Time': '2024-05-01T10:00:00.123Z' } },
      'Time of the year 0': { set: { '/Time': '0001-01-01T00:00:00Z' } },
      'Time with a day that does not exist': { set: { '/Time': '2024-02-31T10:00:00Z' } },
      'Version null': { set: { '/Version': null } },
      'Version with +incompatible': { set: { '/Version': 'v1.1.0+incompatible' } },
      'a text': { body: '"v1.1.0"' },
      'JSON with a comma behind': { replace: ['"}', '",}'] },
    }),
    ...ownRows('mod', {
      'go with a comment': { replace: ['go 1.21', 'go 1.21 // odd'] },
      'an exclude of nothing': { after: 'exclude ()\n' },
      'a requirement without a version': { after: 'require example.com/else\n' },
      'a retract': { after: 'retract v0.9.0 // odd\n' },
      'a replace': { after: 'replace example.com/else => ../else\n' },
      'module twice': { after: 'module example.com/odd\n' },
    }),
  ],
  npm: [
    ...ownRows('packument', {
      'versions with a leading v': { set: { [`${release}/version`]: 'v1.0.0' } },
      'another version in the manifest': { set: { [`${release}/version`]: '9.9.9' } },
      'integrity empty': { set: { [`${release}/dist/integrity`]: '' } },
      'integrity as a number': { set: { [`${release}/dist/integrity`]: 1 } },
      'shasum in capitals': { set: { [`${release}/dist/integrity`]: undefined, [`${release}/dist/shasum`]: 'ABC' } },
      'a tarball with user-info': { set: { [`${release}/dist/tarball`]: 'http://a:b@127.0.0.1:9/odd-1.0.0.tgz' } },
      'a tarball as a number': { set: { [`${release}/dist/tarball`]: 1 } },
      'os as a text': { set: { [`${release}/os`]: 'linux' } },
      'dependencies with a number': { set: { [`${release}/dependencies`]: { a: 1 } } },
      'peerDependencies null': { set: { [`${release}/peerDependencies`]: null } },
      'scripts null': { set: { [`${release}/scripts`]: null } },
      'the name as a number': { set: { '/name': 1 } },
      'readme as a number': { set: { '/readme': 1 } },
      'modified as a number': { set: { '/modified': 1, '/time': { modified: 1 } } },
      'a list around': { before: '[', after: ']' },
      'dist as a list': { set: { [`${release}/dist`]: [] } },
      'status 201': { status: 201 },
      'status 503 with the right body': { status: 503 },
    }),
    ...ownRows('tarball', {
      'status 201': { status: 201 },
      'Content-Type application/json': { headers: { 'content-type': 'application/json' } },
    }),
  ],
  pypi: [
    ...ownRows('json', {
      'name null': { set: { '/name': null } },
      'api-version 1.9': { set: { '/meta/api-version': '1.9' } },
      'api-version as a number': { set: { '/meta/api-version': 1 } },
      'hashes as a text': { set: { '/files/0/hashes': 'sha256' } },
      'url with a blank': { set: { '/files/0/url': '/files/{file}?a b' } },
      'url of another port': { set: { '/files/0/url': 'http://127.0.0.1:9/{file}' } },
      'upload-time with an offset': { set: { '/files/0/upload-time': '2024-05-01T12:00:00+02:00' } },
      'requires-python with blanks': { set: { '/files/0/requires-python': ' >= 3 ' } },
      'status 201': { status: 201 },
    }),
    ...ownRows(
      'html',
      {
        'a base of another host': link(`/files/{file}${hash}`, '', '<base href="http://127.0.0.1:9/">'),
        'rel internal': link(`/files/{file}${hash}`, ' rel="internal"'),
        'requires-python with entities': link(`/files/{file}${hash}`, ' data-requires-python="&gt;=3"'),
        'the href without quotes': { body: '<a href=/files/{file}>{file}</a>' },
        'an api-version 1.9': link(`/files/{file}${hash}`, '', '<meta name="pypi:repository-version" content="1.9">'),
        'a hash of another algorithm': link('/files/{file}#crc32=00'),
        'two fragments': link(`/files/{file}${hash}&egg=odd`),
      },
      'html',
    ),
  ],
  oci: [
    ...ownRows('manifest', {
      'schemaVersion 3': { set: { '/schemaVersion': 3 } },
      'config without digest': { set: { '/config/digest': undefined } },
      'config size 0': { set: { '/config/size': 0 } },
      'a layer of an unknown type': { set: { '/layers/0/mediaType': 'application/x-odd' } },
      'a layer type with a capital': { replace: ['"layers":[{"mediaType"', '"layers":[{"MediaType"'] },
      'subject null': { set: { '/subject': null } },
      'a member twice': { replace: ['"schemaVersion":2', '"schemaVersion":1,"schemaVersion":2'] },
      'status 201': { status: 201 },
    }),
    ...ownRows(
      'challenge',
      {
        'lower case bearer': challenge('bearer realm="{base}/token",service="reg"'),
        'blanks around the equals sign': challenge('Bearer realm = "{base}/token" , service = "reg"'),
        'an empty realm': challenge('Bearer realm="",service="reg"'),
        'a comma behind': challenge('Bearer realm="{base}/token",service="reg",'),
      },
      'token',
    ),
    ...ownRows(
      'token',
      {
        'token as a number': { body: '{"token":1}' },
        'an empty object': { body: '{}' },
        'status 201': { status: 201 },
      },
      'token',
    ),
  ],
} satisfies Readonly<Record<string, readonly Row[]>>;
