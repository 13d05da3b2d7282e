import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { differs } from '../../../bench/odd-responses/differs.ts';
import { keyOf } from '../../../bench/odd-responses/kind.ts';
import { type Came, kinds, type Probed, probeRows, readVerdicts } from '../../../bench/odd-responses/play.ts';
import { repoDir } from '../../support/paths.ts';

const verdicts = readVerdicts();

/**
 * True if a probe ends as the clients. Where clients differ, it fails, or its note names the client that refuses the
 * response: docs/decisions/0214-probes-agree-with-real-clients.md.
 */
function endsAs({ end, refusedBy }: Probed, came: Readonly<Record<string, Came>>): boolean {
  const refusing = Object.keys(came).filter((client) => came[client] !== 'ok');
  if (refusing.length === 0) return end === 'ok' && refusedBy === undefined;
  if (refusing.length === Object.keys(came).length) return end !== 'ok';
  return end !== 'ok' || (refusedBy !== undefined && refusing.includes(refusedBy));
}

describe('odd responses', () => {
  test('are at least 150, and each was played at each real client, whose version is recorded', () => {
    const missing = kinds.flatMap((kind) =>
      kind.rows.flatMap((row) => {
        const came = verdicts.rows[kind.word]?.[keyOf(row)] ?? {};
        const clients = Object.keys(kind.clients);
        return clients.every((client) => came[client] !== undefined) ? [] : `${kind.word} ${keyOf(row)}`;
      }),
    );
    expect(missing).toEqual([]);
    for (const { word, rows } of kinds)
      expect(Object.keys(verdicts.rows[word] ?? {}).toSorted(), word).toEqual(rows.map(keyOf).toSorted());
    const clients = kinds.flatMap((kind) => Object.keys(kind.clients));
    expect(Object.keys(verdicts.clients).toSorted()).toEqual(clients.toSorted());
    for (const version of Object.values(verdicts.clients)) expect(version).toMatch(/^\d/);
    expect(kinds.flatMap(({ rows }) => rows).length).toBeGreaterThanOrEqual(150);
  });

  test.each(kinds.map((kind) => [kind.word, kind] as const))(
    'of %s end the probe as they end the clients',
    async (_, kind) => {
      const ends = await probeRows(kind);
      const others = kind.rows.flatMap((row, at) => {
        const [probed, came] = [ends[at], verdicts.rows[kind.word]?.[keyOf(row)]];
        if (probed === undefined || came === undefined) throw new RangeError(keyOf(row));
        return endsAs(probed, came) ? [] : `${kind.word} ${keyOf(row)}`;
      });
      const told = Object.keys(differs).filter((key) => key.startsWith(`${kind.word} `));
      expect(others.toSorted()).toEqual(told.toSorted());
    },
  );

  test('that end the probe otherwise stand in docs/verified-content.md with the reason', () => {
    const page = readFileSync(join(repoDir, 'docs', 'verified-content.md'), 'utf8');
    const [section = ''] = page.split('\n## Odd responses\n')[1]?.split('\n## ') ?? [];
    const rows = [...section.matchAll(/^\| (\w+) \| (.+?) \| (.+?) \|$/gm)].map(([, kind, response, why]) => [
      `${kind} ${response}`,
      why,
    ]);
    const [, ...told] = rows;
    expect(Object.fromEntries(told)).toEqual(differs);
  });
});
