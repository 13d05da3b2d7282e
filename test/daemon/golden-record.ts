import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { playDaemon, type Watch } from '../../bench/scenarios/daemon/run.ts';
import type { World } from '../../bench/scenarios/world.ts';
import type { AdviceChange } from '../../src/core/advice.ts';
import type { FindingChange } from '../../src/core/finding.ts';
import { renderIn } from '../../src/words/tell.ts';

/** One line of a golden file: what happened, and all that was said of it. */
export type Line = Readonly<Record<string, unknown>>;

/** A change of a finding as a line: its texts in both languages, without the form they are kept in. */
export function findingLine({ change, finding }: FindingChange, atMs: number): Line {
  const { sentence: _, ...rest } = finding;
  return { atMs, finding: change, ...rest, zh: renderIn('zh', finding) };
}

/** A change of an advice as a line. */
export function adviceLine({ change, advice }: AdviceChange, atMs: number): Line {
  const { sentence, reason, ...rest } = advice;
  return { atMs, advice: change, reason, ...rest, zh: renderIn('zh', { text: reason, sentence }) };
}

/** A message as a line: what it says anew, and the hash of the text that is signed. */
export function noticeLine(id: string, text: string, atMs: number): Line {
  const { type, timestamp, data } = JSON.parse(text) as { type: string; timestamp: string; data: Line };
  const { finding, advice, ...more } = data;
  const of = (finding ?? advice) as Line | undefined;
  return {
    atMs,
    notice: type,
    id,
    timestamp,
    of: of?.['id'],
    text: of?.['text'] ?? of?.['reason'],
    ...more,
    sha256: hashOf(text),
  };
}

/** Hexadecimal, the first half: enough to tell two texts apart. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

/** Plays a world with the stages that judge, and writes down what they say. */
export function record(world: World, around: Partial<Watch> & { readonly accepts?: boolean } = {}): readonly Line[] {
  const lines: Line[] = [];
  const { accepts = false, ...watch } = around;
  const played = playDaemon(world, {
    accepts,
    hasAlerts: false,
    watch: {
      ...watch,
      judged({ findings, advice }, atMs) {
        for (const one of findings) lines.push(findingLine(one, atMs));
        for (const one of advice) lines.push(adviceLine(one, atMs));
      },
      sent: ({ id, body }, atMs) => void lines.push(noticeLine(id, body, atMs)),
    },
  });
  return [...lines, { probes: played.probes }];
}

export const folder = join(import.meta.dirname, '../golden/worlds');

/** Compares with a golden file, byte for byte; UPDATE_GOLDEN=1 rewrites it. */
export function expectGolden(file: string, text: string): void {
  const path = join(folder, file);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  expect(text).toBe(readFileSync(path, 'utf8'));
}

/** The text of a golden file of lines. */
export function textOf(lines: readonly Line[]): string {
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/** The kinds and causes of findings, and the states of advice with their causes, that a text of lines holds. */
export function heldBy(text: string): ReadonlySet<string> {
  const held = new Set<string>();
  for (const one of text.split('\n').filter((line) => line !== '')) {
    const line = JSON.parse(one) as Record<string, string | null>;
    if (line['finding'] !== undefined) {
      held.add(`finding ${line['kind']}`).add(`finding ${line['finding']}`).add(`cause ${line['cause']}`);
    } else if (line['advice'] !== undefined) {
      held.add(`advice ${line['advice']}`).add(`advice for ${line['cause']}`).add(`refused for ${line['refusal']}`);
    }
  }
  return held;
}
