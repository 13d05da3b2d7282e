import { afterAll, beforeAll, expect, test } from 'vitest';
import { askPart } from '../../bench/corpus/ask.ts';
import { packAll } from '../../bench/corpus/npm.ts';
import { arrivedOf, itemOf, type Part, type Served } from '../../bench/corpus/part.ts';
import { complaintsOf, type Row } from '../../bench/corpus/verdicts.ts';
import { packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';

real('a corpus of two packages, asked by the worker and by the real npm', ['npm'], () => {
  const packages = ['hello', 'world'].map((name) => packPackage({ name, version: '1.0.0' }));
  const names = packages.map(({ name, version }) => `${name}@${version}`);
  let good: RawServer;
  let spoilt: RawServer;

  beforeAll(async () => {
    good = await startNpmRegistry({ packages });
    spoilt = await startNpmRegistry({ packages, spoilt: true });
  });

  afterAll(async () => {
    for (const server of [good, spoilt]) await server?.close();
  });

  const served = (name: string, { url }: RawServer, client = url): Served => ({
    name,
    url,
    install: (some) => arrivedOf([...some], (few) => packAll(client, few)),
  });
  const partOf = (...servers: readonly Served[]): Part => ({
    word: 'npm',
    ecosystem: 'npm',
    modules: names.map((name) => itemOf(name, '@')),
    servers,
    notServed: [],
    close: () => Promise.resolve(),
  });
  const complaintsIn = (rows: readonly Row[]) => rows.flatMap((row) => complaintsOf(row, 2));
  const silent = { say: () => undefined, end: () => undefined };

  test('what is well is ok, and what npm refuses too is no false fault', async () => {
    const lines: string[] = [];
    const part = partOf(served('good', good), served('spoilt', spoilt));
    const rows = await askPart(part, silent, (line) => lines.push(line));
    expect(rows.map(({ server, installed, faults, falseFaults }) => [server, installed, faults, falseFaults])).toEqual([
      ['good', 2, 0, 0],
      ['spoilt', 0, 2, 0],
    ]);
    expect(complaintsIn(rows)).toEqual([]);
    expect(lines.map((line) => line.split(': ')[0])).toEqual(names.map((name) => `npm spoilt ${name} tarball`));
  });

  test('a fault of what the client installs is called false', async () => {
    // The client has another server than the worker: the two must disagree.
    const rows = await askPart(partOf(served('spoilt', spoilt, good.url)), silent, () => undefined);
    expect(complaintsIn(rows)).toEqual(['npm (spoilt): 2 false faults']);
  });
});
