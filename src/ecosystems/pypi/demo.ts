import { createHash } from 'node:crypto';
import type { DemoRequest, DemoResponse } from '../../core/demo.ts';
import { buildZip } from '../archives.ts';
import type { SmallMirror } from '../ecosystem.ts';

const name = 'hello';
const version = '1.0.0';
const file = `${name}-${version}-py3-none-any.whl`;
const info = `${name}-${version}.dist-info`;
const metadata = `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\nSummary: A project of the demo\n`;
const parts: readonly (readonly [string, string])[] = [
  [`${name}.py`, 'greeting = "hello"\n'],
  [`${info}/METADATA`, metadata],
  [`${info}/WHEEL`, 'Wheel-Version: 1.0\nGenerator: mirrorwatch\nRoot-Is-Purelib: true\nTag: py3-none-any\n'],
];
const record = [
  ...parts.map(([path, text]) => `${path},sha256=${hash(text, 'base64url')},${text.length}`),
  `${info}/RECORD,,`,
];
const wheel = buildZip([...parts, [`${info}/RECORD`, `${record.join('\n')}\n`]]);
const hashes = { sha256: hash(wheel, 'hex') };
const metadataHashes = { sha256: hash(metadata, 'hex') };

const jsonType = 'application/vnd.pypi.simple.v1+json';
const jsonPage = JSON.stringify({
  meta: { 'api-version': '1.1' },
  name,
  versions: [version],
  files: [{ filename: file, url: `../../files/${file}`, hashes, size: wheel.length, 'core-metadata': metadataHashes }],
});
const htmlPage = `<!DOCTYPE html>
<html><head><meta name="pypi:repository-version" content="1.0"><title>Links for ${name}</title></head><body>
<a href="../../files/${file}#sha256=${hashes.sha256}" data-core-metadata="sha256=${metadataHashes.sha256}">${file}</a>
</body></html>
`;

function hash(bytes: string | Uint8Array, encoding: 'hex' | 'base64url'): string {
  return createHash('sha256').update(bytes).digest(encoding);
}

function page(accept: string): DemoResponse {
  const form = accept.includes(jsonType) ? { type: jsonType, body: jsonPage } : { type: 'text/html', body: htmlPage };
  return { ...form, headers: { vary: 'accept' } };
}

function respond({ path, accept }: DemoRequest): DemoResponse | null {
  switch (path) {
    case `/simple/${name}/`:
      return page(accept);
    case `/files/${file}`:
      return { type: 'application/octet-stream', body: wheel };
    case `/files/${file}.metadata`:
      return { type: 'application/octet-stream', body: metadata };
    default:
      return null;
  }
}

export const pypiDemo: SmallMirror = { base: '/simple', module: `${name}==${version}`, form: 'pip', respond };
