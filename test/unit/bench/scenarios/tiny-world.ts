import type { Answer, Incident, Question, World, WorldChain, WorldEvent } from '../../../../bench/scenarios/world.ts';

const minute = 60_000;

/** What a mirror of the tiny world is like from a time on: milliseconds an answer, `null`: refuses. */
export type Course = readonly { readonly fromMs: number; readonly tookMs: number | null }[];

/** What a tiny world is made of. */
export interface Tiny {
  readonly courses: Readonly<Record<string, Course>>;
  readonly chain: string;
  readonly minutes: number;
  readonly incidents?: readonly Incident[];
  readonly events?: readonly WorldEvent[];
  readonly isCalm?: boolean;
  /** Answers of some steps only differ; default: all alike. */
  readonly answer?: (mirror: string, question: Question, atMs: number) => Partial<Answer> | null;
}

export const good: Answer = {
  tookMs: 100,
  reason: null,
  status: 200,
  retryAfterMs: null,
  bytes: 100,
  cache: null,
  family: 4,
  certificateDays: null,
  unknown: null,
};

/** An incident of a mirror of `go`, in minutes. */
export function incident(fromMinute: number, toMinute: number, whose: 'them' | 'us' = 'them'): Incident {
  return { upstream: 'go', fromMs: fromMinute * minute, toMs: toMinute * minute, whose, what: 'tiny' };
}

/** A world of one upstream `go` whose build costs a hundredth of the head's milliseconds in seconds; 300 where it refuses. */
export function tinyWorld(tiny: Tiny): World {
  const tookMs = (mirror: string, atMs: number) =>
    tiny.courses[mirror]?.findLast(({ fromMs }) => fromMs <= atMs)?.tookMs ?? null;
  return {
    family: 'tiny',
    group: 'tiny',
    seed: 1,
    durationMs: tiny.minutes * minute,
    setup: {
      mirrors: Object.keys(tiny.courses).map((name) => ({
        name,
        url: `https://${name}.example`,
        address: '198.18.0.1',
        upstream: 'go',
        role: 'mirror',
        weight: null,
      })),
      modules: [{ upstream: 'go', module: 'go.example/one', version: 'v1.0.0' }],
      controls: [],
      everyMs: 30_000,
      timeoutMs: 10_000,
      chains: { go: tiny.chain },
    },
    events: tiny.events ?? [],
    incidents: tiny.incidents ?? [],
    isCalm: tiny.isCalm ?? false,
    ask(mirror, question, atMs) {
      const special = tiny.answer?.(mirror, question, atMs);
      if (special) return { ...good, ...special };
      const ms = tookMs(mirror, atMs);
      return ms === null ? { ...good, tookMs: 20, reason: 'refused', status: null } : { ...good, tookMs: ms };
    },
    control: () => ({ answered: true, tookMs: 10 }),
    buildCost(_upstream, chain: WorldChain, atMs) {
      const ms = tookMs(chain.members[0] ?? '', atMs);
      return ms === null ? 300 : ms / 100;
    },
  };
}
