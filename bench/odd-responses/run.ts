import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { missingParts } from '../../test/support/requires.ts';
import { startProgress } from '../progress.ts';
import { type Kind, keyOf, type RealClient, type Row } from './kind.ts';
import { type Came, kinds, readVerdicts, startOdd, type Verdicts, verdictsFile } from './play.ts';

// `npm run odd-responses`: how the real clients end at each odd response; see docs/verified-content.md.

const usage = `usage: npm run odd-responses -- [--only go,npm,pypi,oci,http,apt] [--row TEXT] [--new] [--show]
  --only  these kinds; the verdicts of the others stay as recorded
  --row   the rows whose name contains this text
  --new   the rows that have no verdict yet
  --show  also prints the last line of each client that fails`;

/** Rows that are played at the same time. */
const width = 2;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    row: { type: 'string', default: '' },
    new: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
  },
});
const wanted = values.only?.split(',') ?? kinds.map(({ word }) => word);
if (!wanted.every((word) => kinds.some((kind) => kind.word === word))) {
  console.error(usage);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exit(await record());

async function record(): Promise<number> {
  const missing = missingParts(
    kinds
      .filter(({ word }) => wanted.includes(word))
      .flatMap(({ clients }) => Object.values(clients).flatMap(({ needs }) => needs)),
  );
  if (missing.length > 0) {
    console.error(`missing: ${missing.join(', ')}`);
    return 1;
  }
  const progress = startProgress();
  for (const kind of kinds) {
    if (!wanted.includes(kind.word)) continue;
    const known = values.new && existsSync(verdictsFile) ? (readVerdicts().rows[kind.word] ?? {}) : {};
    const rows = kind.rows.filter((row) => keyOf(row).includes(values.row) && known[keyOf(row)] === undefined);
    const played = new Map<string, Readonly<Record<string, Came>>>();
    const versions = Object.fromEntries(
      await Promise.all(
        Object.entries(kind.clients).map(async ([name, client]) => [name, await client.version()] as const),
      ),
    );
    const left = [...rows];
    const play = async (): Promise<void> => {
      for (let row = left.shift(); row !== undefined; row = left.shift()) {
        progress.say(`${kind.word}: ${keyOf(row)}`);
        played.set(keyOf(row), await playRow(kind, row));
        write(kind, versions, played);
      }
    };
    await Promise.all(Array.from({ length: width }, play));
    for (const client of Object.values(kind.clients)) await client.close?.();
  }
  progress.end();
  return 0;
}

async function playRow(kind: Kind, row: Row): Promise<Readonly<Record<string, Came>>> {
  const server = await startOdd(kind, row);
  try {
    const came: Record<string, Came> = {};
    for (const [name, client] of Object.entries(kind.clients))
      came[name] = await cameOf(name, client, kind.urlOf(server.url), row);
    return came;
  } finally {
    await server.close();
  }
}

async function cameOf(name: string, client: RealClient, url: string, row: Row): Promise<Came> {
  const { code, said = '' } = await client.fetch(url, row);
  if (values.show && code !== 0)
    console.log(`${keyOf(row)} | ${name}: ${said.trim().split('\n').slice(-3).join(' ⏎ ').slice(-400)}`);
  return code === 0 ? 'ok' : code === -1 ? 'hangs' : 'failed';
}

/** Replaces the verdicts of a kind, or of some of its rows, in the order of the table. */
function write(
  kind: Kind,
  versions: Verdicts['clients'],
  played: ReadonlyMap<string, Readonly<Record<string, Came>>>,
): void {
  const before: Verdicts = existsSync(verdictsFile) ? readVerdicts() : { clients: {}, rows: {} };
  const own = Object.fromEntries(
    kind.rows.flatMap((row) => {
      const one = played.get(keyOf(row)) ?? before.rows[kind.word]?.[keyOf(row)];
      return one === undefined ? [] : [[keyOf(row), one]];
    }),
  );
  const verdicts: Verdicts = {
    clients: { ...before.clients, ...versions },
    rows: Object.fromEntries(
      kinds.flatMap(({ word }) => {
        const rows = word === kind.word ? own : before.rows[word];
        return rows === undefined ? [] : [[word, rows]];
      }),
    ),
  };
  writeFileSync(verdictsFile, textOf(verdicts));
}

/** One row a line. */
function textOf({ clients, rows }: Verdicts): string {
  const all = Object.entries(rows).map(([word, own]) => {
    const lines = Object.entries(own).map(([key, one]) => `      ${JSON.stringify(key)}: ${JSON.stringify(one)}`);
    return `    ${JSON.stringify(word)}: {\n${lines.join(',\n')}\n    }`;
  });
  return `{\n  "clients": ${JSON.stringify(clients)},\n  "rows": {\n${all.join(',\n')}\n  }\n}\n`;
}
