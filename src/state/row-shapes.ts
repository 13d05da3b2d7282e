import { findingKinds } from '../core/finding.ts';
import type { Row, Table } from '../core/ports.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const mapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
/**
 * Accepts what `check` accepts, `null`, and a missing value: for optional fields, and for fields that earlier versions
 * did not store.
 */
const orNone =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    mapping(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const sentence = (value: unknown): boolean => text(value) || mapping(value);
const item = shape({ module: orNull(text), version: orNull(text), step: text });

const finding = shape({
  id: text,
  kind: (kind) => findingKinds.some((one) => one === kind),
  state: (state) => state === 'open' || state === 'closed' || state === 'acknowledged',
  ecosystem: orNull(text),
  upstream: orNull(text),
  registry: orNull(text),
  scope: list(item),
  openedAtMs: number,
  closedAtMs: orNull(number),
  cause: text,
  confidence: text,
  evidence: shape({
    samples: number,
    failures: number,
    observedSeconds: orNull(number),
    baselineSeconds: orNull(number),
    thresholdSeconds: orNull(number),
    probeIds: list(text),
    slowest: orNone(shape({ probeId: text, ms: number })),
    sides: orNone(list(shape({ item, registries: list(text), units: orNone(number), algorithm: text, digest: text }))),
    statements: orNone(list(text)),
  }),
  actionable: flag,
  text,
  sentence: orNone(mapping),
  acknowledged: orNone(shape({ atMs: number, reason: text })),
});

const beforeAfter = shape({ before: orNull(number), after: orNull(number) });

const advice = shape({
  id: text,
  ecosystem: text,
  upstream: text,
  state: text,
  issuedAtMs: number,
  expiresAtMs: number,
  settledAtMs: orNone(number),
  from: text,
  to: text,
  chain: shape({ before: text, after: text }),
  reason: text,
  sentence: orNone(mapping),
  cause: text,
  refusal: orNone(text),
  evidence: shape({ samples: number, failures: mapping, findings: list(text) }),
  candidates: list(shape({ registry: text, gate: text })),
  expected: shape({ availability: beforeAfter, p95Seconds: beforeAfter, fetchCostSeconds: beforeAfter }),
  confidence: text,
  bypass: orNone(text),
  remedy: mapping,
  doesNotCover: list(text),
  rollback: text,
  sentences: orNone(shape({ doesNotCover: list(sentence), rollback: orNull(mapping) })),
});

const chain = shape({
  declared: orNull(text),
  open: orNull(text),
  accepted: orNull(text),
  reminded: orNone(list(text)),
  audit: orNone(text),
  lastAcceptAtMs: orNone(number),
  departuresAtMs: orNone(list(number)),
  slowDeparturesAtMs: orNone(list(number)),
  slowDeparturesSaved: orNone(list(orNull(number))),
  lastMoveAtMs: orNone(number),
  muted: orNone(list(mapping)),
  lookedBack: orNone(list(shape({ ecosystem: text, upstream: text, atMs: number, isRegret: flag }))),
});

const probe = shape({
  sample: shape({
    due: shape({ target: shape({ id: text, registry: text, step: text }) }),
    outcome: shape({ tag: text }),
    startedAtMs: number,
    phases: mapping,
  }),
  transcript: orNull(mapping),
});

const notice = shape({
  id: text,
  receiver: text,
  type: text,
  subject: text,
  seq: number,
  body: text,
  createdAtMs: number,
  attempts: number,
  nextAtMs: number,
});

const action = shape({
  id: text,
  action: text,
  kind: text,
  mode: text,
  advice,
  state: text,
  plannedAtMs: number,
  endedAtMs: orNull(number),
  attempts: number,
  output: text,
});

const versioned = shape({ v: number });
const run = shape({
  registry: text,
  ecosystem: text,
  upstream: text,
  client: text,
  module: text,
  startedAtMs: number,
  tookMs: number,
  outcome: text,
});

/**
 * The shapes of rows in table `meta`, by key prefix. Other rows, such as alerts and facts that ecosystems learn, must
 * be a mapping that is not empty, or a text.
 */
const metas: readonly (readonly [begin: string, check: Check])[] = [
  ['seq/', number],
  ['opened/', mapping],
  ['story/', shape({ v: number, times: number, told: mapping })],
  ['since/', shape({ state: text, sinceMs: number })],
  ['ok/', shape({ v: number, url: text, at: mapping })],
  ['client|', shape({ run, runs: number })],
];
const isLearnt: Check = (value) => (mapping(value) && Object.keys(value).length > 0) || text(value);

const checks: Readonly<Record<Table, (row: Row) => boolean>> = {
  meta: ({ key, value }) => (metas.find(([begin]) => key.startsWith(begin))?.[1] ?? isLearnt)(value),
  detector: ({ value }) => versioned(value),
  finding: ({ key, value }) => finding(value) && mapping(value) && value['id'] === key,
  advice: ({ key, value }) => advice(value) && mapping(value) && value['id'] === key,
  chain: ({ value }) => chain(value),
  outbox: ({ value }) => shape({ notice, findingId: orNone(text) })(value),
  probe: ({ value }) => probe(value),
  cited: ({ value }) => probe(value),
  pause: ({ value }) => shape({ untilMs: number, reason: text })(value),
  seen: ({ value }) => mapping(value),
  answer: ({ value }) => versioned(value),
  trend: ({ value }) => shape({ v: number, url: text })(value),
  action: ({ key, value }) => action(value) && mapping(value) && value['id'] === key,
  aside: () => true,
};

/** True for a row with the fields that `checks` names, each of its type. */
export function isSoundRow(row: Row): boolean {
  return checks[row.table](row);
}
