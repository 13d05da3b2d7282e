import type { Part } from './part.ts';

/** What one probe came to. */
export interface Asked {
  readonly server: string;
  /** `null`: a step of the whole mirror. */
  readonly module: string | null;
  readonly step: string;
  readonly isHeavy: boolean;
  readonly outcome: 'ok' | 'failed' | 'unknown';
  /** Of a fault, its kind; of `unknown`, because of what. */
  readonly reason: string | null;
  /** True if the step has something to verify. */
  readonly verifies: boolean;
  /** Why nothing was verified; `null`: it was, or there is nothing to verify. */
  readonly unverified: string | null;
  readonly tookMs: number;
  /** The most processor time of one response; 0: less than is noted. */
  readonly heldMs: number;
  readonly bytes: number;
  /** Of a fault: whether the real client installed the item from the same server; `null`: nothing to install. */
  readonly installed: boolean | null;
}

export interface Row {
  readonly part: Part['word'];
  readonly server: string;
  readonly packages: number;
  /** Versions of them, and files of the server. */
  readonly items: number;
  /** Items that the real client installed. */
  readonly installed: number;
  readonly asked: number;
  readonly ok: number;
  readonly unknown: number;
  readonly faults: number;
  /** Faults of items that the real client installs. */
  readonly falseFaults: number;
  readonly verifiable: number;
  readonly unverified: ReadonlyMap<string, number>;
  readonly slowest: Asked | null;
  readonly heldMsMax: number;
  /** Of the light steps, and of the heavy ones. */
  readonly largestPage: Asked | null;
  readonly largestFile: Asked | null;
}

/** Of what can be verified, at most this share may be unverifiable. */
export const unverifiedShareMax = 0.05;

export function rowOf(
  about: Pick<Row, 'part' | 'server' | 'packages' | 'items' | 'installed'>,
  asked: readonly Asked[],
): Row {
  const faults = asked.filter(({ outcome }) => outcome === 'failed');
  const unverified = new Map<string, number>();
  for (const { unverified: why } of asked) if (why !== null) unverified.set(why, (unverified.get(why) ?? 0) + 1);
  const largest = (isHeavy: boolean): Asked | null =>
    most(
      asked.filter((one) => one.outcome === 'ok' && one.isHeavy === isHeavy),
      (one) => one.bytes,
    );
  return {
    ...about,
    asked: asked.length,
    ok: asked.filter(({ outcome }) => outcome === 'ok').length,
    unknown: asked.filter(({ outcome }) => outcome === 'unknown').length,
    faults: faults.length,
    // Without an item to install there is no second opinion: what we serve is well.
    falseFaults: faults.filter((one) => one.installed !== false).length,
    verifiable: asked.filter(({ verifies, outcome }) => verifies && outcome === 'ok').length,
    unverified,
    slowest: most(asked, (one) => one.tookMs),
    heldMsMax: Math.max(0, ...asked.map(({ heldMs }) => heldMs)),
    largestPage: largest(false),
    largestFile: largest(true),
  };
}

function most(asked: readonly Asked[], by: (one: Asked) => number): Asked | null {
  return asked.reduce<Asked | null>((best, one) => (best === null || by(one) > by(best) ? one : best), null);
}

/**
 * Why a row is no success; empty: it is one.
 * @param packagesMin  fewer packages are none
 */
export function complaintsOf(row: Row, packagesMin: number): readonly string[] {
  const count = [...row.unverified.values()].reduce((sum, one) => sum + one, 0);
  const who = `${row.part} (${row.server})`;
  return [
    ...(row.packages < packagesMin ? [`${who}: ${row.packages} of ${packagesMin} packages`] : []),
    ...(row.asked === 0 ? [`${who}: nothing was asked`] : []),
    ...(row.falseFaults > 0 ? [`${who}: ${row.falseFaults} false faults`] : []),
    ...(row.unknown > 0 ? [`${who}: ${row.unknown} without a verdict`] : []),
    ...(count > unverifiedShareMax * row.verifiable ? [`${who}: ${count} of ${row.verifiable} are unverifiable`] : []),
  ];
}

/** The table, as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const head = [
    'content',
    'server',
    'packages',
    'items',
    'installed',
    'asked',
    'ok',
    'faults',
    'false',
    'unverifiable',
    'slowest',
    'processor',
    'largest page',
    'largest file',
  ];
  const lines = rows.map((row) => [
    row.part,
    row.server,
    row.packages,
    row.items,
    row.installed,
    row.asked,
    row.ok,
    row.faults,
    row.falseFaults,
    unverifiedText(row),
    row.slowest === null ? '–' : `${(row.slowest.tookMs / 1_000).toFixed(1)} s (${row.slowest.step})`,
    row.heldMsMax === 0 ? '–' : `${row.heldMsMax.toFixed(0)} ms`,
    sizeText(row.largestPage),
    sizeText(row.largestFile),
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function sizeText(one: Asked | null): string {
  return one === null ? '–' : `${(one.bytes / 2 ** 20).toFixed(1)} MiB (${one.step})`;
}

function unverifiedText({ unverified, verifiable }: Row): string {
  if (unverified.size === 0) return `0 of ${verifiable}`;
  const count = [...unverified.values()].reduce((sum, one) => sum + one, 0);
  return `${count} of ${verifiable} (${[...unverified].map(([why, times]) => `${why}: ${times}`).join(', ')})`;
}
