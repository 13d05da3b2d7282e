import { ownRows } from './common.ts';
import type { Row } from './kind.ts';
import type { Odd } from './odd.ts';

const redirect = (status: number, location: string): Odd => ({ status, headers: { location }, body: '' });
const announced = (headers: Readonly<Record<string, string>>): Odd => ({ headers });
const manyHeaders = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`x-odd-${at}`, '1']));

/** What a server may do to any response below the format: redirects, codings, lengths and headers. */
const onWire = {
  'a redirect 301': redirect(301, '{target}?again'),
  'a redirect 303': redirect(303, '{target}?again'),
  'a redirect 307 to a query': redirect(307, '?again'),
  'a redirect 308': redirect(308, '{target}?again'),
  'a redirect 300': redirect(300, '{target}?again'),
  'a redirect with a fragment': redirect(302, '{target}?again#odd'),
  'a redirect without Location': { status: 302, body: '' },
  'deflate, announced': { coded: 'deflate' },
  'deflate without its head, announced': { coded: 'deflate without its head' },
  'brotli, announced': { coded: 'brotli' },
  'gzip twice, announced': { coded: 'gzip twice' },
  'identity, announced': announced({ 'content-encoding': 'identity' }),
  'an unknown coding, announced': announced({ 'content-encoding': 'odd' }),
  'utf-16, announced': announced({ 'content-type': 'text/plain; charset=utf-16' }),
  'ten bytes less than announced': { longerBytes: 10 },
  'ten bytes more than announced': { longerBytes: -10 },
  'no length, then the end': announced({ 'content-length': '', connection: 'close' }),
  'a range, announced': announced({ 'content-range': 'bytes 0-0/1' }),
  '120 headers': announced(manyHeaders),
  'a header of 20 000 bytes': announced({ 'x-odd': 'x'.repeat(20_000) }),
  'a header without a colon': announced({ 'x-odd': '1\r\nodd' }),
  'a folded header': announced({ 'x-odd': '1\r\n 2' }),
  'status 299': { status: 299 },
} as const satisfies Readonly<Record<string, Odd>>;

function rowsAt(at: string, names: readonly (keyof typeof onWire)[], server?: string): readonly Row[] {
  return ownRows(at, Object.fromEntries(names.map((name) => [name, onWire[name]])), server);
}

/** Rows of a fourth draw, by the word of their kind. */
export const wire = {
  go: [
    ...rowsAt('list', ['a redirect 307 to a query', 'deflate, announced', 'a header without a colon', 'status 299']),
    ...rowsAt('info', ['a redirect 308', 'utf-16, announced', 'ten bytes less than announced', '120 headers']),
    ...rowsAt('mod', ['a redirect without Location', 'gzip twice, announced', 'a header of 20 000 bytes']),
    ...rowsAt('zip', ['a redirect 303', 'identity, announced', 'an unknown coding, announced', 'a range, announced']),
  ],
  npm: [
    ...rowsAt('packument', [
      'a redirect 300',
      'brotli, announced',
      'deflate, announced',
      'utf-16, announced',
      'a header of 20 000 bytes',
      'ten bytes less than announced',
    ]),
    ...rowsAt('tarball', ['a redirect with a fragment', 'brotli, announced', '120 headers', 'no length, then the end']),
    ...rowsAt('packument', ['status 299', 'gzip twice, announced']),
  ],
  pypi: [
    ...rowsAt('json', ['a redirect 303', 'brotli, announced', '120 headers', 'a folded header']),
    ...ownRows('html', { 'utf-16, announced': announced({ 'content-type': 'text/html; charset=utf-16' }) }, 'html'),
    ...rowsAt('html', ['deflate without its head, announced', 'a redirect without Location'], 'html'),
    ...rowsAt('metadata', ['a redirect 301', 'deflate, announced']),
    ...rowsAt('file', ['deflate, announced', 'ten bytes more than announced', 'a redirect 300', 'a range, announced']),
    ...rowsAt('file', ['status 299']),
    ...rowsAt('json', ['status 299', 'gzip twice, announced']),
  ],
  oci: [
    ...rowsAt('manifest', ['a redirect 307 to a query', 'deflate, announced', '120 headers', 'utf-16, announced']),
    ...rowsAt('blob', ['a redirect 303', 'a redirect without Location', 'deflate, announced', 'a range, announced']),
    ...rowsAt('token', ['brotli, announced', 'no length, then the end', 'status 299'], 'token'),
  ],
  http: rowsAt('file', [
    'a redirect 300',
    'a redirect without Location',
    'deflate, announced',
    'gzip twice, announced',
    'ten bytes more than announced',
    'a folded header',
    'status 299',
    'a range, announced',
  ]),
  apt: [
    ...rowsAt('Packages', ['a redirect 303', 'deflate, announced', 'ten bytes less than announced', '120 headers']),
    ...rowsAt('package', ['a redirect 307 to a query', 'a header of 20 000 bytes', 'status 299', 'a range, announced']),
  ],
} satisfies Readonly<Record<string, readonly Row[]>>;
