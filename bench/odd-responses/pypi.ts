import { createHash } from 'node:crypto';
import { commandPath } from '../../test/support/paths.ts';
import { run } from '../../test/support/process.ts';
import { pipDownload, uvInstall } from '../../test/support/pypi-clients.ts';
import { pypiAnswerOf, tinyWheel } from '../../test/support/pypi-index.ts';
import { commonRows, ownRows } from './common.ts';
import { drawn } from './drawn.ts';
import { type Kind, printedVersion, type Row } from './kind.ts';
import { later } from './later.ts';
import type { Odd } from './odd.ts';
import { wire } from './wire.ts';

const wheel = tinyWheel('odd', '1.0');
const hashOf = (algorithm: string): string => createHash(algorithm).update(wheel.bytes).digest('hex');
const file = '/files/0';
const type = (value: string): Odd => ({ headers: { 'content-type': value } });
const anchor = (href: string, attributes = ''): Odd => ({
  body: `<!DOCTYPE html><html><body><a href="${href}"${attributes}>{file}</a></body></html>`,
});
const one = (key: string, value: unknown): Odd => ({ set: { [`${file}/${key}`]: value } });

const rows: readonly Row[] = [
  ...commonRows('json', [
    'nothing odd',
    'status 203',
    'status 204, no body',
    'status 206 without a range',
    'status 401',
    'status 403',
    'status 404',
    'status 500',
    'no Content-Type',
    'Content-Type text/html',
    'byte order mark',
    'one byte behind',
    'an empty line behind',
    'the last byte missing',
    'no byte',
    'a page of HTML',
    'gzip, announced',
    'gzip, not announced',
    'in chunks',
  ]),
  ...ownRows('json', {
    'Content-Type application/json': type('application/json'),
    'Content-Type in capitals': type('Application/Vnd.PyPI.Simple.V1+JSON'),
    'Content-Type with a charset': type('application/vnd.pypi.simple.v1+json; charset=utf-8'),
    'size as a text': one('size', '1200'),
    'size null': one('size', null),
    'a negative size': one('size', -1),
    'size with a fraction': one('size', 1200.5),
    'another size': one('size', 7),
    'yanked null': one('yanked', null),
    'yanked as a text': one('yanked', 'broken'),
    'yanked as a number': one('yanked', 1),
    'a time without zone': one('upload-time', '2024-05-01T10:00:00'),
    'a time with a blank': one('upload-time', '2024-05-01 10:00:00'),
    'an empty time': one('upload-time', ''),
    'a time null': one('upload-time', null),
    'requires-python null': one('requires-python', null),
    'requires-python empty': one('requires-python', ''),
    'a wrong requires-python': one('requires-python', '>=3.8.*'),
    'requires-python as a number': one('requires-python', 3),
    'no hashes': one('hashes', undefined),
    'empty hashes': one('hashes', {}),
    'hashes null': one('hashes', null),
    'a hash null': one('hashes', { sha256: null }),
    'only md5': one('hashes', { md5: hashOf('md5') }),
    'only sha512': one('hashes', { sha512: hashOf('sha512') }),
    'an unknown hash beside': one('hashes', { odd: '1', sha256: wheel.sha256 }),
    'the hash in capitals': one('hashes', { sha256: wheel.sha256.toUpperCase() }),
    'a wrong hash': one('hashes', { sha256: '0'.repeat(64) }),
    'core-metadata false': one('core-metadata', false),
    'core-metadata true': one('core-metadata', true),
    'core-metadata null': one('core-metadata', null),
    'core-metadata as a text': one('core-metadata', 'true'),
    'an absolute path as URL': one('url', '/files/{file}'),
    'a URL with backslashes': one('url', '..\\..\\files\\{file}'),
    'a URL without the file name': one('url', '/blob/1'),
    'a URL with the name in its query': one('url', '/download?file={file}'),
    'no URL': one('url', undefined),
    'no file name': one('filename', undefined),
    'an unknown file beside': { set: { '/files/1': { filename: 'readme.txt', url: '/readme.txt', hashes: {} } } },
    'a file of another project beside': {
      set: { '/files/1': { filename: 'else-1.0-py3-none-any.whl', url: '/else.whl', hashes: {} } },
    },
    'a file without hashes beside': {
      set: { '/files/1': { filename: 'odd-0.9-py3-none-any.whl', url: '/files/odd-0.9-py3-none-any.whl' } },
    },
    'no meta': { set: { '/meta': undefined } },
    'API version 1.9': { set: { '/meta/api-version': '1.9' } },
    'API version 2.0': { set: { '/meta/api-version': '2.0' } },
    'the API version as a number': { set: { '/meta/api-version': 1.1 } },
    'no name': { set: { '/name': undefined } },
    'another name': { set: { '/name': 'else' } },
    'no versions': { set: { '/versions': undefined } },
    'versions null': { set: { '/versions': null } },
    'no files': { set: { '/files': undefined } },
    'files null': { set: { '/files': null } },
    'files as an object': { set: { '/files': {} } },
  }),
  ...commonRows(
    'html',
    [
      'nothing odd',
      'status 203',
      'status 204, no body',
      'no Content-Type',
      'Content-Type text/plain',
      'Content-Type application/octet-stream',
      'byte order mark',
      'an empty line behind',
      'no byte',
      'a page of HTML',
      'gzip, announced',
      'gzip, not announced',
      'in chunks',
    ],
    'html',
  ),
  ...ownRows(
    'html',
    {
      'Content-Type in capitals': type('Text/HTML'),
      'Content-Type with charset gbk': type('text/html; charset=gbk'),
      'Content-Type of XHTML': type('application/xhtml+xml'),
      'Content-Type of the API': type('application/vnd.pypi.simple.v1+html'),
      'Content-Type of the latest API': type('application/vnd.pypi.simple.latest+html'),
      'the name only in a query': anchor('/download?file={file}#sha256={sha256}'),
      'the name only in the text': anchor('/blob/1#sha256={sha256}'),
      'a link with backslashes': anchor('..\\..\\files\\{file}#sha256={sha256}'),
      'a link with a query': anchor('/files/{file}?token=1#sha256={sha256}'),
      'another text': {
        body: '<html><body><a href="/files/{file}#sha256={sha256}">odd, version one</a></body></html>',
      },
      'a link in single quotes': {
        body: "<html><body><a href='/files/{file}#sha256={sha256}'>{file}</a></body></html>",
      },
      'a link without quotes': { body: '<html><body><a href=/files/{file}#sha256={sha256}>{file}</a></body></html>' },
      'tags in capitals': { body: '<HTML><BODY><A HREF="/files/{file}#sha256={sha256}">{file}</A></BODY></HTML>' },
      'only a link': { body: '<a href="/files/{file}#sha256={sha256}">{file}</a>' },
      'blanks around the link': anchor('  /files/{file}#sha256={sha256}  '),
      'a line end in the link': anchor('/files/\n{file}#sha256={sha256}'),
      'percent escapes in the name': anchor('/files/odd-1%2E0-py3-none-any.whl#sha256={sha256}'),
      'an entity in the link': anchor('/files/odd-1&#46;0-py3-none-any.whl#sha256={sha256}'),
      'the host without scheme': anchor('//{host}/files/{file}#sha256={sha256}'),
      'a base': {
        body: '<html><head><base href="{base}/files/"></head><body><a href="{file}#sha256={sha256}">{file}</a></body></html>',
      },
      'a base elsewhere, an absolute path': {
        body: '<html><head><base href="{base}/else/"></head><body><a href="/files/{file}#sha256={sha256}">{file}</a></body></html>',
      },
      'no hash': anchor('/files/{file}'),
      'only md5': anchor(`/files/{file}#md5=${hashOf('md5')}`),
      'only sha512': anchor(`/files/{file}#sha512=${hashOf('sha512')}`),
      'two hashes': anchor(`/files/{file}#md5=${hashOf('md5')}&sha256={sha256}`),
      'egg behind the hash': anchor('/files/{file}#sha256={sha256}&egg=odd'),
      'the hash in capitals': anchor(`/files/{file}#sha256=${wheel.sha256.toUpperCase()}`),
      'a wrong hash': anchor(`/files/{file}#sha256=${'0'.repeat(64)}`),
      'an unknown fragment': anchor('/files/{file}#odd'),
      'requires-python without entities': anchor('/files/{file}#sha256={sha256}', ' data-requires-python=">=3.8"'),
      'a wrong requires-python': anchor('/files/{file}#sha256={sha256}', ' data-requires-python="&gt;=3.8.*"'),
      yanked: anchor('/files/{file}#sha256={sha256}', ' data-yanked=""'),
      'an unknown metadata attribute': anchor('/files/{file}#sha256={sha256}', ' data-core-metadata="odd"'),
      'API version 1.9': { replace: ['content="1.0"', 'content="1.9"'] },
      'API version 2.0': { replace: ['content="1.0"', 'content="2.0"'] },
      'a link to a file system': {
        replace: ['<body>', '<body><a href="file:///etc/odd-2.0-py3-none-any.whl">odd-2.0-py3-none-any.whl</a>'],
      },
    },
    'html',
  ),
  ...commonRows('metadata', [
    'status 203',
    'status 403',
    'status 404',
    'status 500',
    'a page of HTML',
    'byte order mark',
    'one byte behind',
    'no byte',
    'no Content-Type',
    'gzip, announced',
  ]),
  ...commonRows('file', [
    'status 203',
    'status 206 without a range',
    'status 403',
    'status 404',
    'no Content-Type',
    'Content-Type text/html',
    'byte order mark',
    'one byte behind',
    'the last byte missing',
    'no byte',
    'a page of HTML',
    'gzip, announced',
    'gzip announced, but not used',
    'in chunks',
    'HEAD 404',
    'HEAD 403',
    'HEAD 405',
  ]),
  ...drawn.pypi,
  ...later.pypi,
  ...wire.pypi,
];

export const pypi: Kind = {
  word: 'pypi',
  rows,
  right({ path, headers }, _base, server) {
    const named = path === '/blob/1' || path === '/download' ? `/files/${wheel.file}` : path;
    return pypiAnswerOf({ path: named, headers: server === 'html' ? { ...headers, accept: 'text/html' } : headers }, [
      wheel,
    ]);
  },
  isAt(place, { path }) {
    if (place === 'file') return path.endsWith('.whl');
    return place === 'metadata' ? path.endsWith('.metadata') : path === '/simple/odd/';
  },
  words: (base) => ({ base, host: new URL(base).host, file: wheel.file, sha256: wheel.sha256 }),
  urlOf: (base) => `${base}/simple`,
  mirror: 'ecosystem: pypi',
  yaml: 'modules: { pypi: [ "odd==1.0" ] }',
  probes: () => ['index', 'wheelmeta', 'file'].map((step) => ({ step, module: 'odd', version: '1.0' })),
  clients: {
    pip: {
      needs: ['pip'],
      version: () => printedVersion(() => run(commandPath('pip'), ['--version'])),
      async fetch(url) {
        const { code, stdout, stderr } = await pipDownload(['odd==1.0'], { PIP_INDEX_URL: url });
        return { code, said: stderr + stdout };
      },
    },
    uv: {
      needs: ['uv'],
      version: () => printedVersion(() => run(commandPath('uv'), ['--version'])),
      async fetch(url) {
        const { code, stderr } = await uvInstall(['odd==1.0'], { UV_DEFAULT_INDEX: url });
        return { code, said: stderr };
      },
    },
  },
};
