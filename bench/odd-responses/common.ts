import type { Row } from './kind.ts';
import { mark, type Odd } from './odd.ts';

/** What any server may do to any response. */
const common = {
  'nothing odd': {},
  'status 203': { status: 203 },
  'status 204, no body': { status: 204, body: '' },
  'status 206 without a range': { status: 206 },
  'status 401': { status: 401, body: '' },
  'status 403': { status: 403, body: '' },
  'status 404': { status: 404, body: '' },
  'status 410': { status: 410, body: '' },
  'status 500': { status: 500, body: '' },
  'no Content-Type': { headers: { 'content-type': '' } },
  'Content-Type text/plain': { headers: { 'content-type': 'text/plain' } },
  'Content-Type text/html': { headers: { 'content-type': 'text/html' } },
  'Content-Type application/octet-stream': { headers: { 'content-type': 'application/octet-stream' } },
  'byte order mark': { before: mark },
  'one byte behind': { after: 'x' },
  'an empty line behind': { after: '\n\n' },
  'one byte before': { before: 'x' },
  'the last byte missing': { cutBytes: 1 },
  'no byte': { body: '' },
  'a page of HTML': {
    body: '<!DOCTYPE html><html><body>Welcome</body></html>',
    headers: { 'content-type': 'text/html' },
  },
  'HTML without Content-Type': { body: '<html>Forbidden</html>', headers: { 'content-type': '' } },
  'gzip, announced': { gzip: 'sent' },
  'gzip announced, but not used': { gzip: 'named' },
  'gzip, not announced': { gzip: 'silent' },
  'in chunks': { chunked: true },
  'HEAD 404': { method: 'HEAD', status: 404, body: '' },
  'HEAD 403': { method: 'HEAD', status: 403, body: '' },
  'HEAD 405': { method: 'HEAD', status: 405, body: '' },
  'HEAD 500': { method: 'HEAD', status: 500, body: '' },
} as const satisfies Record<string, Odd>;

export type Common = keyof typeof common;

/** The rows of a place by their common names. */
export function commonRows(at: string, names: readonly Common[], server?: string): readonly Row[] {
  return names.map((name) => ({ at, name, odd: common[name], ...(server === undefined ? {} : { server }) }));
}

/** The rows of a place by what is odd. */
export function ownRows(at: string, odd: Readonly<Record<string, Odd>>, server?: string): readonly Row[] {
  return Object.entries(odd).map(([name, one]) => ({
    at,
    name,
    odd: one,
    ...(server === undefined ? {} : { server }),
  }));
}
