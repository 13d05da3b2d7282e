import { describe, expect, it } from 'vitest';
import { Contest } from '../../../src/advise/comparison/contest.ts';
import { type Group, noChain, Probing, rosterOf } from '../../../src/advise/group.ts';
import { followSurroundings } from '../../../src/advise/observe.ts';
import { viewOf } from '../../../src/advise/view.ts';
import type { Finding } from '../../../src/core/finding.ts';
import type { Standing } from '../../../src/core/standing.ts';
import { showChain } from '../../../src/ecosystems/client.ts';
import { goClient } from '../../../src/ecosystems/go/client.ts';
import { go } from '../../../src/ecosystems/go/go.ts';
import { abc, chain } from './outage.ts';
import { config, Stage } from './stage.ts';

const by = config(abc);
const stage = new Stage(chain, abc);

function group(lastMs: number | null): Group {
  const declared = goClient.parse(chain);
  if (declared.tag === 'error') throw new Error(declared.error.kind);
  return {
    ...{ upstream: 'go', client: goClient, kind: go, roster: rosterOf(by, 'go', 'go', goClient) },
    ...{ declared: declared.value, chain: declared.value, open: null, accepted: null, muted: [] },
    ...{ contest: new Contest(null), probing: new Probing() },
    moves: { departures: [], lastMs },
  } as unknown as Group;
}

/** What the comparison goes by so many milliseconds later, with this known of `b`. */
function known(of: Group, laterMs: number, b: Partial<Standing> = {}) {
  stage.mark('b', b);
  followSurroundings(
    viewOf(
      {
        config: by,
        group: of,
        now: { wallMs: stage.at.wallMs + laterMs, monotonicMs: stage.at.monotonicMs + laterMs },
        vantage: { suspect: false, sinceMs: null, controls: [], contaminatedShare: 0 },
      },
      new Map(stage.standings().map((one) => [one.registry, one])),
      new Map(),
      new Map(),
    ),
  );
  if (of.contest.around === null) throw new Error('nothing to go by');
  return of.contest.around();
}

describe('what the comparison goes by is what is known now', () => {
  it('a mirror that asked us to stay away is not waited for, until that time has come', () => {
    const of = group(null);
    const until = { throttledUntilMs: stage.at.wallMs + 60_000 };
    expect(known(of, 0).isAway('b')).toBe(false);
    expect(known(of, 1_000, until).isAway('b')).toBe(true);
    expect(known(of, 1_000, until).isAway('c')).toBe(false);
    expect(known(of, 60_000, until).isAway('b')).toBe(false);
  });

  it.each<[string, Partial<Standing>]>([
    ['paused', { paused: { untilMs: 0, reason: '' } }],
    ['in maintenance', { inMaintenance: true }],
  ])('nor is one that is %s', (_name, standing) => expect(known(group(null), 0, standing).isAway('b')).toBe(true));

  const chainToC = (around: ReturnType<typeof known>) => showChain(around.chains.get('c') ?? noChain);
  const withoutB = 'https://c.example.com,https://a.example.com,direct';
  const withB = 'https://c.example.com,https://a.example.com,https://b.example.com,direct';

  it('no chain leads over a mirror from the time on at which its certificate expires', () => {
    const of = group(null);
    const certificate = { certificate: { expiresAtMs: stage.at.wallMs + 60_000, authorizationCode: null } };
    expect(chainToC(known(of, 59_999, certificate))).toBe(withB);
    expect(chainToC(known(of, 60_000, certificate))).toBe(withoutB);
  });

  it('a finding that another one replaces is a change', () => {
    const of = group(null);
    const found = (kind: Finding['kind']) => ({ findings: [stage.open('b', kind)] });
    expect(chainToC(known(of, 0, found('spike')))).toBe(withB);
    expect(chainToC(known(of, 0, found('mismatch')))).toBe(withoutB);
  });

  it('a move is recent for `hold`; without a move none is recent', () => {
    const { holdMs } = by.advise;
    expect(known(group(null), 0).isRecent).toBe(false);
    const moved = group(stage.at.monotonicMs);
    expect(known(moved, holdMs - 1).isRecent).toBe(true);
    expect(known(moved, holdMs).isRecent).toBe(false);
  });

  it('the head is the first of the chain in force, and home the first of the declared one', () => {
    const of = group(null);
    expect([known(of, 0).home, of.contest.head]).toEqual(['a', 'a']);
  });
});
