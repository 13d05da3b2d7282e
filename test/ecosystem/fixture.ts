import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Target } from '../../src/core/mirror.ts';
import type { ProbeContext } from '../../src/core/ports.ts';
import type { ProbeResponse } from '../../src/core/transcript.ts';
import { sampleTarget } from '../support/sample-target.ts';

const answerShape = z.strictObject({
  path: z.string(),
  aside: z.boolean().default(false),
  status: z.int(),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
  bodyBase64: z.base64().optional(),
});

const shape = z.strictObject({
  what: z.string().min(1),
  step: z.string(),
  /** Of the mirror; left out: the word of the ecosystem. */
  upstream: z.string().optional(),
  module: z.string().nullable(),
  version: z.string().nullable(),
  pinned: z.record(z.string(), z.string()).default({}),
  locked: z.record(z.string(), z.string()).optional(),
  /** What the ecosystem's own conversation was told. */
  own: z.looseObject({}).default({}),
  nowWallMs: z.number().default(1_700_000_000_000),
  answers: z.array(answerShape).min(1),
  want: z.strictObject({ outcome: z.looseObject({ tag: z.enum(['ok', 'failed']) }), facts: z.looseObject({}) }),
});

/** One recorded conversation: what was answered, in order, and what must come of it. */
export type Fixture = z.output<typeof shape> & { readonly name: string };

const folder = fileURLToPath(new URL('../fixtures/', import.meta.url));

/** The fixtures of one ecosystem, by name. */
export function fixturesOf(ecosystem: string): readonly Fixture[] {
  const files = readdirSync(`${folder}${ecosystem}`).filter((file) => file.endsWith('.json'));
  return files.map((file) => {
    const read: unknown = JSON.parse(readFileSync(`${folder}${ecosystem}/${file}`, 'utf8'));
    return { ...shape.parse(read), name: file.replace(/\.json$/, '') };
  });
}

/** The text that says where an ecosystem's fixtures come from. */
export function sourcesOf(ecosystem: string): string {
  return readFileSync(`${folder}${ecosystem}/SOURCES.md`, 'utf8');
}

/** A base with a path, so that a conversation that drops it is seen. */
export const baseUrl = 'https://mirror.example.com/some/base';

/** The URL that a recorded path stands for: below the base, or itself where an answer led elsewhere. */
export function urlOf(path: string): string {
  return /^https?:/.test(path) ? path : `${baseUrl}/${path}`;
}

/** The target that a fixture is about. */
export function targetOf(ecosystem: string, { step, module, version, upstream }: Fixture): Target {
  const about = { ecosystem, upstream: upstream ?? ecosystem, registry: 'mirror', canary: false };
  return sampleTarget({ ...about, module, version, step });
}

/** The context that a fixture was recorded in. */
export function contextOf({ pinned, locked, own, nowWallMs }: Fixture): ProbeContext {
  return { baseUrl, pinned, ...(locked && { locked }), own, nowWallMs };
}

/** A recorded answer as the conversation gets it. */
export function answerOf({ status, headers, body, bodyBase64, path }: Fixture['answers'][number]): ProbeResponse {
  const bytes = bodyBase64 === undefined ? Buffer.from(body ?? '') : Buffer.from(bodyBase64, 'base64');
  return { tag: 'answered', status, headers, body: bytes, finalUrl: urlOf(path) };
}
