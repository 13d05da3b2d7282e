import { describe, expect, test } from 'vitest';
import { renderFindingList } from '../../../src/api/page/findings.ts';
import { createPageSay } from '../../../src/api/page/html.ts';
import type { Finding } from '../../../src/core/finding.ts';
import { fixtureConfig, nowMs } from './fixture-config.ts';
import { fixtureFindings } from './fixture-findings.ts';
import { fixtureProbes } from './fixture-samples.ts';

const ids = Array.from({ length: 20 }, (_, n) => `p${n + 1}`);

/** What is said of the probes, with where each leads. */
function walkOf(
  evidence: Partial<Finding['evidence']>,
  isKept: (id: string) => boolean = () => true,
  language: 'en' | 'zh' = 'en',
): string {
  const [finding] = fixtureFindings;
  if (finding === undefined) throw new Error('no fixture');
  const shown = { ...finding, evidence: { ...finding.evidence, ...evidence } };
  const deps = {
    now: () => ({ wallMs: nowMs, monotonicMs: 0 }),
    config: () => fixtureConfig,
    probe: (id: string) => (isKept(id) ? (fixtureProbes[0] ?? null) : null),
  };
  const { text } = renderFindingList(createPageSay(language), deps, [shown]);
  const from = text.indexOf('<span class="walk');
  const walk = from < 0 ? '' : text.slice(from);
  return walk
    .replace(/<a href="\/probes\/([^"]+)">([^<]+)<\/a>/g, '[$2 → $1]')
    .replace(/<[^>]+>/g, '')
    .trim();
}

const slowest = { probeId: 'p6', ms: 3_000 };

describe('the probes that a finding names', () => {
  test.each([
    [
      'first, slowest, last few',
      { probeIds: ids, slowest },
      'probe transcripts: [the first → p1] [the slowest, 3.00 s → p6] [probe 18 → p18] [probe 19 → p19] [the newest → p20]',
    ],
    [
      'no slowest where time is not what it is about',
      { probeIds: ids },
      'probe transcripts: [the first → p1] [probe 18 → p18] [probe 19 → p19] [the newest → p20]',
    ],
    [
      'the slowest may be the first',
      { probeIds: ids.slice(0, 2), slowest: { probeId: 'p1', ms: 900 } },
      'probe transcripts: [the slowest, 900 ms → p1] [the newest → p2]',
    ],
    [
      'one alone is neither first nor newest',
      { probeIds: ['p1'], slowest: { probeId: 'p1', ms: 900 } },
      'probe transcripts: [probe 1 → p1]',
    ],
    ['none', { probeIds: [] }, ''],
  ])('%s', (_, evidence, said) => expect(walkOf(evidence)).toBe(said));

  test('what is gone is said, and leads nowhere', () => {
    const isKept = (id: string): boolean => ['p1', 'p20'].includes(id);
    expect(walkOf({ probeIds: ids, slowest }, isKept)).toBe(
      'probe transcripts: [the first → p1] [the newest → p20] (3 more probes are no longer stored)',
    );
    expect(walkOf({ probeIds: ids }, () => false)).toBe('the probes of this finding are no longer stored');
    expect(walkOf({ probeIds: ids, slowest }, isKept, 'zh')).toBe(
      '原始记录： [最早一次 → p1] [最近一次 → p20] （3 个已不再保存）',
    );
  });
});
