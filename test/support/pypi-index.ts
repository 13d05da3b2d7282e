import { createHash } from 'node:crypto';
import { type Answer, type SeenRequest, text } from './answer.ts';
import { type RawServer, type RawServerOptions, startRawServer } from './raw-server.ts';
import { makeZip } from './synthetic-modules.ts';

/** A wheel that pip and uv install, and its core metadata. */
export interface TinyWheel {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly bytes: Buffer;
  readonly metadata: Buffer;
  /** Hex. */
  readonly sha256: string;
}

/** Makes a wheel of one empty module. Other `content`, other bytes. */
export function tinyWheel(name: string, version: string, content = ''): TinyWheel {
  const info = `${name}-${version}.dist-info`;
  const metadata = Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  const bytes = makeZip(
    new Map([
      [`${name}.py`, Buffer.from(content)],
      [`${info}/METADATA`, metadata],
      [
        `${info}/WHEEL`,
        Buffer.from('Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n'),
      ],
      [
        `${info}/RECORD`,
        Buffer.from(
          [`${name}.py`, ...['METADATA', 'WHEEL', 'RECORD'].map((part) => `${info}/${part}`)]
            .map((path) => `${path},,\n`)
            .join(''),
        ),
      ],
    ]),
  );
  return { name, version, file: `${name}-${version}-py3-none-any.whl`, bytes, metadata, sha256: sha256(bytes) };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** How to start an index. */
export interface PypiIndexOptions extends Omit<RawServerOptions, 'answer'> {
  readonly wheels: readonly TinyWheel[];
  /** What its pages tell of a wheel's hash. Default: the truth. */
  readonly tell?: (wheel: TinyWheel) => string;
}

/** A scripted index: a `RawServer`, so with its faults, log, `kill` and `revive`. Its pages are under `/simple`. */
export interface PypiIndex extends RawServer {
  /** `http://127.0.0.1:port/simple`. */
  readonly indexUrl: string;
  /** Paths asked for so far. */
  readonly paths: () => readonly string[];
}

const json = 'application/vnd.pypi.simple.v1+json';

/** Starts an index in this process that answers as PEP 503, 691 and 658 have it: JSON or HTML by what is asked for. */
export async function startPypiIndex({
  wheels,
  tell = ({ sha256: told }) => told,
  ...options
}: PypiIndexOptions): Promise<PypiIndex> {
  const server = await startRawServer({ ...options, answer: (request) => pypiAnswerOf(request, wheels, tell) });
  return Object.assign(server, {
    indexUrl: `${server.url}/simple`,
    paths: () => server.requests.map(({ path }) => path),
  });
}

/** What that index responds. */
export function pypiAnswerOf(
  { path, headers }: Pick<SeenRequest, 'path' | 'headers'>,
  wheels: readonly TinyWheel[],
  tell: (wheel: TinyWheel) => string = ({ sha256: told }) => told,
): Answer {
  const project = /^\/simple\/([a-z0-9-]+)\/$/.exec(path)?.[1];
  const mine = wheels.filter(({ name }) => name === project);
  if (mine.length > 0) return headers['accept']?.includes(json) === true ? jsonPage(mine, tell) : htmlPage(mine, tell);
  const wheel = wheels.find(({ file }) => path === `/files/${file}`);
  if (wheel !== undefined) return bytes(wheel.bytes);
  const beside = wheels.find(({ file }) => path === `/files/${file}.metadata`);
  return beside === undefined ? text(404, 'not found\n') : bytes(beside.metadata);
}

function bytes(body: Buffer): Answer {
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
}

function jsonPage(wheels: readonly TinyWheel[], tell: (wheel: TinyWheel) => string): Answer {
  const files = wheels.map((wheel) => ({
    filename: wheel.file,
    url: `../../files/${wheel.file}`,
    hashes: { sha256: tell(wheel) },
    'core-metadata': { sha256: sha256(wheel.metadata) },
  }));
  const versions = wheels.map(({ version }) => version);
  const body = JSON.stringify({ meta: { 'api-version': '1.1' }, name: wheels[0]?.name, versions, files });
  return { status: 200, headers: { 'content-type': json, vary: 'Accept' }, body: Buffer.from(body) };
}

function htmlPage(wheels: readonly TinyWheel[], tell: (wheel: TinyWheel) => string): Answer {
  const anchors = wheels.map(
    (wheel) => `<a href="../../files/${wheel.file}#sha256=${tell(wheel)}">${wheel.file}</a><br/>`,
  );
  const body = `<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.0"></head><body>${anchors.join('\n')}</body></html>`;
  return { status: 200, headers: { 'content-type': 'text/html', vary: 'Accept' }, body: Buffer.from(body) };
}
