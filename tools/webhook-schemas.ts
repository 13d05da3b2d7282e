import { z } from 'zod';
import { actionKinds, actionResults, heldReasons } from '../src/core/action.ts';
import { adviceCauses, gates } from '../src/core/advice.ts';
import { reasons } from '../src/core/failure.ts';
import { type FindingKind, findingKinds, ruleCauses } from '../src/core/finding.ts';
import type { NoticeType } from '../src/core/notice.ts';
import { registry } from '../src/ecosystems/registry.ts';

const stamp = z.iso.datetime({ precision: 3 }).describe('RFC 3339, UTC, milliseconds');
const seconds = z.number().min(0);
const share = z.number().min(0).max(1);
const count = z.int().min(0);
const confidence = z.enum(['low', 'medium', 'high']);

const side = z.strictObject({
  module: z.string().nullable(),
  version: z.string().nullable(),
  step: z.enum(registry.steps),
  registries: z.array(z.string()).describe('empty: nobody that was seen, an authority names it'),
  algorithm: z.string(),
  digest: z.string(),
  sinceAt: stamp.nullable().describe('null: not seen'),
  bytes: count.nullable().describe('length of the body; null: not seen'),
  firstHex: z.string().nullable(),
  firstText: z.string().nullable().describe('the same bytes, what cannot be printed as a dot'),
});

function finding(kind: z.ZodType) {
  return z.strictObject({
    id: z.string(),
    kind,
    state: z.enum(['open', 'closed', 'acknowledged']),
    ecosystem: z.enum(registry.ids).nullable(),
    upstream: z.string().nullable(),
    registry: z.string().nullable().describe('null where the finding is about the place we watch from'),
    scope: z.array(
      z.strictObject({
        module: z.string().nullable(),
        version: z.string().nullable(),
        step: z.enum(registry.steps),
        family: z.literal([4, 6]).optional().describe('it fails over this address family alone'),
        protocol: z.literal(['1.1', '2']).optional().describe('it fails over this HTTP version alone'),
      }),
    ),
    openedAt: stamp,
    closedAt: stamp.nullable(),
    cause: z.enum([...reasons, ...ruleCauses]),
    vantage: z.enum(['ok', 'unverified', 'suspect']),
    confidence,
    evidence: z.strictObject({
      samples: count,
      failures: count,
      observedSeconds: seconds.nullable(),
      baselineSeconds: seconds.nullable(),
      thresholdSeconds: seconds.nullable(),
      probeIds: z.array(z.string()),
      statements: z.array(z.string()).describe('of a fork: signed statements that cannot all be true, in full'),
      sides: z.array(side).describe('of a mismatch: who serves what; empty for other kinds'),
    }),
    text: z.string(),
  });
}

const before = <T extends z.ZodType>(of: T) => z.strictObject({ before: of.nullable(), after: of.nullable() });

const advice = z.strictObject({
  id: z.string(),
  ecosystem: z.enum(registry.ids),
  upstream: z.string(),
  vantage: z.string(),
  state: z.enum(['proposed', 'accepted', 'superseded', 'withdrawn', 'expired', 'refused', 'dismissed']),
  issuedAt: stamp,
  expiresAt: stamp,
  settledAt: stamp.nullable(),
  from: z.string(),
  to: z.string(),
  chain: z.strictObject({ before: z.string(), after: z.string() }).describe('credentials masked'),
  reason: z.string(),
  cause: z.enum(adviceCauses),
  refusal: z.enum(['vantage_suspect', 'shared_fate', 'nothing_measured', 'no_candidate']).nullable(),
  evidence: z.strictObject({
    windowSeconds: seconds,
    samples: count,
    observedSeconds: seconds.nullable(),
    baselineSeconds: seconds.nullable(),
    failures: z.partialRecord(z.enum(reasons), count),
    findings: z.array(z.string()),
  }),
  candidates: z
    .array(
      z.strictObject({
        registry: z.string(),
        scoreSeconds: seconds.nullable(),
        gate: z.enum(gates),
        sum: z.number().nullable(),
        bound: z.number().nullable(),
      }),
    )
    .describe('best first'),
  expected: z.strictObject({
    availability: before(share),
    p95Seconds: before(seconds),
    fetchCostSeconds: before(seconds),
  }),
  confidence,
  bypass: z
    .string()
    .nullable()
    .describe(
      'a setting of the client that the remedy sets, or takes back where the cause is failback; null: the chain alone',
    ),
  remedy: z.record(z.string(), z.string()).describe('the lines to paste, by client; empty when refused'),
  doesNotCover: z.array(z.string()),
  rollback: z.string(),
  trigger: z.enum(['detector', 'alertmanager']),
});

const action = z.strictObject({
  id: z.string().describe('<advice>.<action>'),
  action: z.string(),
  kind: z.enum(actionKinds),
  mode: z.enum(['dry-run', 'auto']),
  advice: z.string(),
  ecosystem: z.enum(registry.ids),
  upstream: z.string(),
  from: z.string(),
  to: z.string(),
  cause: z.enum(adviceCauses),
  state: z.enum([...actionResults, 'running', 'undoing']),
  held: z.enum(heldReasons).nullable(),
  plannedAt: stamp,
  endedAt: stamp.nullable(),
  nextAt: stamp.nullable().describe('when a failed step is repeated; null: not'),
  attempts: count,
  because: z.string().nullable().describe('why it failed'),
  output: z.string().describe('the change as a diff, or what a program printed; bounded, secrets masked'),
  interrupted: z.boolean().describe('it was begun by a process that ended without a result'),
  undoneBy: z.enum(['failback', 'regret', 'operator']).nullable(),
});

const story = z.strictObject({
  id: z.string().describe('the same in all messages about trouble that comes and goes'),
  since: stamp,
  times: z.int().min(1).describe('how often it began'),
  endsAfterSeconds: seconds.describe('the end is told once it has held so long; 0: at once'),
});

function body(type: NoticeType, data: z.ZodRawShape) {
  return z
    .strictObject({
      type: z.literal(type),
      timestamp: stamp,
      data: z.strictObject({
        seq: z.int().min(1).describe('rises by subject'),
        subject: z.string(),
        vantage: z.string(),
        updates: z
          .string()
          .optional()
          .describe('webhook-id of an earlier message that this one adds to; it asks nothing new of anybody'),
        story: story.optional().describe('absent: it never comes and goes'),
        ...data,
      }),
    })
    .meta({ title: type });
}

const resolves = z
  .string()
  .nullable()
  .describe('webhook-id of the message that told of the opening; null where this receiver got none');

function schemasOfKinds(): Record<`mirror.${FindingKind}`, z.ZodType> {
  const schemas: Partial<Record<`mirror.${FindingKind}`, z.ZodType>> = {};
  for (const kind of findingKinds)
    schemas[`mirror.${kind}`] = body(`mirror.${kind}`, { finding: finding(z.literal(kind)) });
  return schemas as Record<`mirror.${FindingKind}`, z.ZodType>;
}

/** The body of each type of webhook, strict: no key more, none less. */
export const webhookSchemas: Readonly<Record<NoticeType, z.ZodType>> = {
  ...schemasOfKinds(),
  'mirror.self': body('mirror.self', {
    finding: finding(z.literal('self')).optional().describe('absent only in a test delivery, subject self/test'),
  }),
  'mirror.recovery': body('mirror.recovery', { finding: finding(z.enum(findingKinds)), resolves }),
  'mirror.advice': body('mirror.advice', { advice }),
  'mirror.action': body('mirror.action', {
    result: z.enum(['done', 'failed', 'undone', 'held']).describe('failed with state done: an undo failed'),
    action,
  }),
};

/** The JSON Schema files of docs/schemas, by name. */
export function schemaFiles(): Readonly<Record<string, string>> {
  const files = Object.entries(webhookSchemas).map(([type, schema]) => [
    `${type}.schema.json`,
    `${JSON.stringify(z.toJSONSchema(schema), null, 2)}\n`,
  ]);
  return Object.fromEntries(files) as Record<string, string>;
}
