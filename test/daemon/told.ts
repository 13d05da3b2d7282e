import { expect } from 'vitest';
import type { World } from './world.ts';

/** When something was told, in simulated seconds; it must have been told once. */
export function when(world: World, what: string): number {
  const found = world.story().filter(([, text]) => text === what);
  expect(found, `${what} in ${JSON.stringify(world.story())}`).toHaveLength(1);
  return found[0]?.[0] ?? Number.NaN;
}

/** Findings, advice and verdicts on the vantage, in order: `finding opened spike a`. */
export function told(world: World): string[] {
  return world.story().map(([, text]) => text);
}

/** What went out, in words: `spike`, `advice proposed`, `recovery spike`. */
export function notices(world: World): string[] {
  return world.posts.map(({ body: { type, data } }) => {
    const { advice, finding } = data as { advice?: { state: string }; finding?: { kind: string } };
    const kind = type.replace('mirror.', '');
    return kind === 'advice' ? `advice ${advice?.state}` : kind === 'recovery' ? `recovery ${finding?.kind}` : kind;
  });
}

/** A mirror as the API shows it. */
export interface MirrorShown {
  readonly registry: string;
  readonly state: string;
  readonly because: string;
  readonly paused: { readonly until: string; readonly reason: string } | null;
  readonly inMaintenance: boolean;
  readonly gate: string;
  readonly [other: string]: unknown;
}

/** A mirror, asked of the API. */
export async function mirrorOf(world: World, registry: string): Promise<MirrorShown> {
  const { mirrors } = (await world.get('/api/v1/mirrors')).json<{ mirrors: MirrorShown[] }>();
  const found = mirrors.find((mirror) => mirror.registry === registry);
  if (found === undefined) throw new Error(`no mirror ${registry}`);
  return found;
}

/** An advice as the API shows it. */
export interface AdviceShown {
  readonly evidence: { readonly failures: Readonly<Record<string, number>> };
  readonly id: string;
  readonly state: string;
  readonly from: string;
  readonly to: string;
  readonly refusal: string | null;
  readonly cause: string;
  readonly chain: { readonly before: string; readonly after: string };
}

/** What is proposed, accepted and refused now; with `query` history too. */
export async function adviceOf(world: World, query = ''): Promise<readonly AdviceShown[]> {
  return (await world.get(`/api/v1/advice${query}`)).json<{ advice: readonly AdviceShown[] }>().advice;
}

/** The value of one line of /metrics, by its name and labels as written there; `null` where there is none. */
export async function metric(world: World, series: string): Promise<number | null> {
  const { text } = await world.get('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1).split(' ')[0]);
}
