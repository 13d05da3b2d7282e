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
  registries: z
    .array(z.string())
    .describe(
      'the mirrors that serve this content; empty: an authority states the digest, but no mirror serves the content',
    ),
  algorithm: z.string(),
  digest: z.string(),
  sinceAt: stamp.nullable().describe('since when this content was seen; null: it was not seen'),
  bytes: count.nullable().describe('the length of the body; null: no body was seen'),
  firstHex: z.string().nullable(),
  firstText: z
    .string()
    .nullable()
    .describe('the first 64 bytes as text, with a dot for each byte that cannot be printed'),
});

function finding(kind: z.ZodType) {
  return z.strictObject({
    id: z.string(),
    kind,
    state: z.enum(['open', 'closed', 'acknowledged']),
    ecosystem: z.enum(registry.ids).nullable(),
    upstream: z.string().nullable(),
    registry: z.string().nullable().describe('null if the finding is about the daemon or its network'),
    scope: z.array(
      z.strictObject({
        module: z.string().nullable(),
        version: z.string().nullable(),
        step: z.enum(registry.steps),
        family: z.literal([4, 6]).optional().describe('set if the mirror fails only over this address family'),
        protocol: z.literal(['1.1', '2']).optional().describe('set if the mirror fails only over this HTTP version'),
      }),
    ),
    openedAt: stamp,
    closedAt: stamp.nullable(),
    acknowledgedReason: z
      .string()
      .nullable()
      .describe('why an operator acknowledged the finding; null: it is not acknowledged'),
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
      statements: z.array(z.string()).describe('for a fork, the complete signed statements that contradict each other'),
      sides: z
        .array(side)
        .describe('for a mismatch, the different contents and the mirrors that serve each; empty for other kinds'),
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
  phase: z
    .enum(['active', 'over', 'ended'])
    .describe('over: the cause has ended; clients that have switched stay for now'),
  newClients: z.enum(['advised', 'usual']).describe('the line for clients that have not switched, such as new CI jobs'),
  overAt: stamp.nullable().describe('when the cause ended; null: it lasts, or its end is not known'),
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
    .describe('the best first'),
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
      'a client setting that avoids the broken part. The remedy sets it, or removes it if the cause is failback. null if the remedy only changes the chain',
    ),
  remedy: z.record(z.string(), z.string()).describe('the lines to paste, by client; empty if the advice is refused'),
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
  nextAt: stamp.nullable().describe('when a failed step is repeated; null: it is not repeated'),
  attempts: count,
  because: z.string().nullable().describe('why the action failed'),
  output: z.string().describe('the change as a diff, or the output of the program; bounded, with secrets masked'),
  interrupted: z.boolean().describe('the daemon stopped while the action ran, so its result is not known'),
  undoneBy: z.enum(['failback', 'regret', 'operator']).nullable(),
});

const story = z.strictObject({
  id: z.string().describe('the same in all messages about this recurring trouble'),
  since: stamp.describe('when this fault began first: RFC 3339, UTC, milliseconds'),
  times: z.int().min(1).describe('how often this fault began since then, without another one between'),
  endsAfterSeconds: seconds.describe('how long the end must last before it is sent; 0: it is sent at once'),
});

function body(type: NoticeType, data: z.ZodRawShape) {
  return z
    .strictObject({
      type: z.literal(type),
      timestamp: stamp,
      data: z.strictObject({
        seq: z
          .int()
          .min(1)
          .describe('the sequence number of the message within its subject; it increases with each message'),
        subject: z.string(),
        vantage: z.string(),
        updates: z
          .string()
          .optional()
          .describe(
            'webhook-id of an earlier message to which this one only adds facts, so that no new action is needed',
          ),
        story: story.optional().describe('absent if the message is not about recurring trouble'),
        ...data,
      }),
    })
    .meta({ title: type });
}

const resolves = z
  .string()
  .nullable()
  .describe('webhook-id of the message that reported the opening; null if this receiver got none');

const page = z.string().optional().describe('the page with details; absent if the daemon does not know its own URL');

/** What helps a person to act on an open finding. */
const help: z.ZodRawShape = {
  summary: z.string().optional().describe('the title of the finding; absent if the finding has ended'),
  remedy: advice.shape.remedy
    .optional()
    .describe('the lines to paste, by client, while advice says to leave the mirror; absent: there is no such advice'),
  page,
  acknowledge: z.string().optional().describe('the command that ends a finding which does not end by itself'),
};

function schemasOfKinds(): Record<`mirror.${FindingKind}`, z.ZodType> {
  const schemas: Partial<Record<`mirror.${FindingKind}`, z.ZodType>> = {};
  for (const kind of findingKinds)
    schemas[`mirror.${kind}`] = body(`mirror.${kind}`, {
      finding: finding(z.literal(kind)),
      ...help,
      resolves: resolves.optional().describe('only of an acknowledgement that ends the finding: as in mirror.recovery'),
    });
  return schemas as Record<`mirror.${FindingKind}`, z.ZodType>;
}

/** The schema of the body of each type of webhook. It is strict: no other keys are allowed, and none may be missing. */
export const webhookSchemas: Readonly<Record<NoticeType, z.ZodType>> = {
  ...schemasOfKinds(),
  'mirror.self': body('mirror.self', {
    finding: finding(z.literal('self')).optional().describe('absent only in a test delivery, subject self/test'),
    text: z
      .string()
      .optional()
      .describe('present only in a test delivery: what it is, in the language of the receiver'),
    ...help,
  }),
  'mirror.recovery': body('mirror.recovery', { finding: finding(z.enum(findingKinds)), resolves }),
  'mirror.advice': body('mirror.advice', { advice, page }),
  'mirror.action': body('mirror.action', {
    result: z
      .enum(['done', 'failed', 'undone', 'held'])
      .describe('failed together with state done means that an undo failed'),
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
