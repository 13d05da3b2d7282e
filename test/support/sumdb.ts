import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { type Answer, text } from './answer.ts';
import { escapeCapitals, goSumLines, type SyntheticModule } from './synthetic-modules.ts';

/** A small checksum database with a key of its own. */
export interface FakeSumdb {
  readonly name: string;
  /** What GOSUMDB and `go.sumdb` take: name, key hash, key. */
  readonly verifierKey: string;
  /** Its answers by decoded path, as a relay serves them: `/sumdb/<name>/…`, `supported` included. */
  readonly answers: ReadonlyMap<string, Answer>;
}

const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const leafHash = (record: string): Buffer => sha256(Buffer.from([0]), record);

/** The root over leaf hashes: split at the largest power of two below their number (RFC 6962, 2.1). */
function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.from([1]), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

const privateKeyPrefix = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Makes a checksum database (fact sheet, 1.11 and 1.12) of at most 255 records, so that one partial tile holds it all.
 * @param name  its host-like name; the key follows from it, so that golden files stay
 * @param edit  changes the recorded lines of one version: for a mirror whose bytes then differ from the log
 * @throws RangeError with more than 255 records
 */
export function makeSumdb(
  name: string,
  modules: readonly SyntheticModule[],
  edit: (lines: string, id: string) => string = (lines) => lines,
): FakeSumdb {
  const key = createPrivateKey({ key: Buffer.concat([privateKeyPrefix, sha256(name)]), format: 'der', type: 'pkcs8' });
  const rawPublic = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32);
  const typedKey = Buffer.concat([Buffer.from([1]), rawPublic]);
  const keyHash = sha256(`${name}\n`, typedKey).subarray(0, 4);
  const records = modules.flatMap((module) =>
    module.versions.map((version) => {
      const id = `${module.path}@${version.version}`;
      return { id, lines: edit(goSumLines(module, version), id) };
    }),
  );
  if (records.length > 255) throw new RangeError(`at most 255 records, not ${records.length}`);
  const leaves = records.map(({ lines }) => leafHash(lines));
  const head = `go.sum database tree\n${records.length}\n${rootOf(leaves).toString('base64')}\n`;
  const signature = Buffer.concat([keyHash, sign(null, Buffer.from(head), key)]).toString('base64');
  const note = `${head}\n\u2014 ${name} ${signature}\n`;

  const base = `/sumdb/${name}`;
  const answers = new Map<string, Answer>([
    [`${base}/supported`, text(200, '')],
    [`${base}/latest`, text(200, note)],
  ]);
  records.forEach(({ id, lines }, index) => {
    answers.set(`${base}/lookup/${escapeCapitals(id)}`, text(200, `${index}\n${lines}\n${note}`));
    const width = index + 1;
    const tile = Buffer.concat(leaves.slice(0, width));
    answers.set(`${base}/tile/8/0/000.p/${width}`, {
      status: 200,
      headers: { 'content-type': 'application/octet-stream' },
      body: tile,
    });
  });
  return { name, verifierKey: `${name}+${keyHash.toString('hex')}+${typedKey.toString('base64')}`, answers };
}
