import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { DemoRequest, DemoResponse } from '../../core/demo.ts';
import { buildTar } from '../archives.ts';
import type { SmallMirror } from '../ecosystem.ts';
import { integrityOf } from './integrity.ts';

const name = 'hello';
const version = '1.0.0';
const manifest = { name, version, description: 'A package of the demo', license: 'MIT', main: 'index.js' };
const published = '2024-01-01T00:00:00.000Z';
const tarballPath = `/${name}/-/${name}-${version}.tgz`;
const tarball = gzipSync(
  buildTar([
    ['package/package.json', JSON.stringify(manifest)],
    ['package/index.js', "module.exports = 'hello';\n"],
  ]),
);
const hashes = {
  integrity: integrityOf(tarball, 'sha512'),
  shasum: createHash('sha1').update(tarball).digest('hex'),
};

function json(value: object): DemoResponse {
  return { type: 'application/json', body: JSON.stringify(value) };
}

function respond({ path, origin }: DemoRequest): DemoResponse | null {
  const dist = { tarball: `${origin}${tarballPath}`, ...hashes };
  switch (path) {
    case `/${name}`:
      return json({
        _id: name,
        name,
        'dist-tags': { latest: version },
        versions: { [version]: { ...manifest, dist } },
        time: { created: published, modified: published, [version]: published },
      });
    case `/${name}/${version}`:
    case `/${name}/latest`:
      return json({ ...manifest, dist });
    case `/-/package/${name}/dist-tags`:
      return json({ latest: version });
    case tarballPath:
      return { type: 'application/octet-stream', body: tarball };
    default:
      return null;
  }
}

export const npmDemo: SmallMirror = { base: '', module: `${name}@${version}`, form: 'npmrc', respond };
