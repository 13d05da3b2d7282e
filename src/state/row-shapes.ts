import { confidences, findingKinds } from '../core/finding.ts';
import type { Row, Table } from '../core/ports.ts';
import { isMapping } from '../core/read-json.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
/** Later times, wall milliseconds, are refused: `Date` can state hardly more, and who reads a time may add to it. */
const timeMsMax = 8e15;
const number: Check = (value) => typeof value === 'number' && Math.abs(value) <= timeMsMax;
const flag: Check = (value) => typeof value === 'boolean';
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
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.some((one) => one === value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shape =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isMapping(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

/** Accepts lists that begin with values of these kinds. */
const tuple =
  (...checks: readonly Check[]): Check =>
  (value) =>
    Array.isArray(value) && checks.every((check, at) => check(value[at]));

/** Several fields of one kind. @param names  the names of the fields, with spaces between them */
const all = (check: Check, names: string): Readonly<Record<string, Check>> =>
  Object.fromEntries(names.split(' ').map((name) => [name, check]));

const sentence = (value: unknown): boolean => text(value) || isMapping(value);
const item = shape({ module: orNull(text), version: orNull(text), step: text });

const finding = shape({
  ...all(text, 'id cause text'),
  confidence: oneOf(...confidences),
  ...all(orNull(text), 'ecosystem upstream registry'),
  kind: oneOf(...findingKinds),
  state: oneOf('open', 'closed', 'acknowledged'),
  scope: list(item),
  openedAtMs: number,
  closedAtMs: orNull(number),
  evidence: shape({
    ...all(number, 'samples failures'),
    ...all(orNull(number), 'observedSeconds baselineSeconds thresholdSeconds'),
    probeIds: list(text),
    slowest: orNone(shape({ probeId: text, ms: number })),
    sides: orNone(list(shape({ item, registries: list(text), units: orNone(number), algorithm: text, digest: text }))),
    statements: orNone(list(text)),
  }),
  actionable: flag,
  sentence: orNone(isMapping),
  acknowledged: orNone(shape({ atMs: number, reason: text })),
});

const beforeAfter = shape(all(orNull(number), 'before after'));

const advice = shape({
  ...all(text, 'id ecosystem upstream state from to reason cause rollback'),
  confidence: oneOf(...confidences),
  phase: orNone(oneOf('active', 'over', 'ended')),
  newClients: orNone(oneOf('advised', 'usual')),
  ...all(orNone(text), 'refusal bypass'),
  ...all(number, 'issuedAtMs expiresAtMs'),
  settledAtMs: orNone(number),
  chain: shape(all(text, 'before after')),
  sentence: orNone(isMapping),
  evidence: shape({ samples: number, failures: isMapping, findings: list(text) }),
  candidates: list(shape(all(text, 'registry gate'))),
  expected: shape(all(beforeAfter, 'availability p95Seconds fetchCostSeconds')),
  remedy: (value) => isMapping(value) && Object.values(value).every(text),
  doesNotCover: list(text),
  sentences: orNone(shape({ doesNotCover: list(sentence), rollback: orNull(isMapping) })),
});

const chain = shape({
  ...all(orNull(text), 'declared open accepted'),
  ...all(orNone(number), 'lastAcceptAtMs lastMoveAtMs'),
  ...all(orNone(list(number)), 'departuresAtMs slowDeparturesAtMs'),
  reminded: orNone(list(text)),
  audit: orNone(text),
  departures: orNone(list(shape({ atMs: number, isOfTime: flag, savedShare: orNull(number) }))),
  muted: orNone(list(isMapping)),
  lookedBack: orNone(list(shape({ ...all(text, 'ecosystem upstream'), atMs: number, isRegret: flag }))),
});

const probe = shape({
  sample: shape({
    due: shape({ target: shape(all(text, 'id registry step')) }),
    outcome: shape({ tag: text }),
    startedAtMs: number,
    phases: isMapping,
  }),
  transcript: orNull(isMapping),
});

const notice = shape({
  ...all(text, 'id receiver type subject body'),
  ...all(number, 'seq createdAtMs attempts nextAtMs'),
});

const action = shape({
  ...all(text, 'id action kind mode state output'),
  ...all(number, 'plannedAtMs attempts'),
  advice,
  endedAtMs: orNull(number),
});

const versioned = shape({ v: number });
/** True for a row with a version; of version 1 also its fields are checked. Readers leave out other versions. */
const versionOf = (value: unknown, check: Check): boolean =>
  versioned(value) && isMapping(value) && (value['v'] !== 1 || check(value));
const outcome = (value: unknown): boolean =>
  shape({ tag: text })(value) &&
  isMapping(value) &&
  (value['tag'] !== 'failed' || shape({ kind: text })(value['failure']));
/** An entry of a row of responses: numbers, or the command of an operator as its last value. */
const entry = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 1 && (value[1] === -3 ? isMapping(value[2]) : value.every(orNull(number)));
/** Rows of responses in the present layout. */
const responses = shape({
  life: (value) => Array.isArray(value) && text(value[0]) && value.length === 3 && value.slice(1).every(number),
  at: (value) => list(number)(value) && Object(value).length === 2,
  ...all(list(text), 'targets controls'),
  around: list((value) => Array.isArray(value) && orNull(outcome)(value[0])),
  entries: list(entry),
});
const openCell = shape({
  startMs: number,
  sums: list(number),
  bins: list(tuple(number, number)),
  failures: list(tuple(text, number)),
  lag: list(orNull(number)),
});
const openCells = shape({ url: text, open: list(tuple(text, openCell)) });
const closedCells = shape({ url: text, cells: list(tuple(number, list(orNull(number)), orNone(isMapping))) });
const run = shape({
  ...all(text, 'registry ecosystem upstream client module outcome'),
  ...all(number, 'startedAtMs tookMs'),
});

/**
 * The shapes of rows in table `meta`, by key prefix. Other rows, such as facts that ecosystems learn, must
 * be a mapping that is not empty, or a text.
 */
const metas: readonly (readonly [begin: string, check: Check])[] = [
  ['seq/', number],
  ['opened/', isMapping],
  [
    'story/',
    shape({
      ...all(number, 'v times'),
      told: isMapping,
      held: orNull(shape({ news: shape(all(text, 'type subject')), dueWallMs: orNull(number) })),
    }),
  ],
  ['ok/', shape({ v: number, url: text, at: isMapping })],
  ['client|', shape({ run, runs: number })],
  [
    'alert/',
    shape({ ...all(text, 'fingerprint alertname registry state'), ...all(number, 'startsAtMs takenAtMs heardAtMs') }),
  ],
];
const isLearnt: Check = (value) => (isMapping(value) && Object.keys(value).length > 0) || text(value);

const verdict = shape({
  ...all(text, 'ecosystem upstream'),
  atMs: number,
  mirrors: list(shape({ ...all(text, 'registry state'), sinceMs: orNone(number) })),
});

const checks: Readonly<Record<Table, (row: Row) => boolean>> = {
  meta: ({ key, value }) => (metas.find(([begin]) => key.startsWith(begin))?.[1] ?? isLearnt)(value),
  detector: ({ value }) => versioned(value),
  finding: ({ key, value }) => finding(value) && isMapping(value) && value['id'] === key,
  advice: ({ key, value }) => advice(value) && isMapping(value) && value['id'] === key,
  chain: ({ value }) => chain(value),
  outbox: ({ value }) => shape({ notice, findingId: orNone(text) })(value),
  probe: ({ value }) => probe(value),
  cited: ({ value }) => probe(value),
  pause: ({ value }) => shape({ untilMs: number, reason: text })(value),
  seen: ({ value }) => isMapping(value),
  answer: ({ value }) => versionOf(value, responses),
  trend: ({ key, value }) => versionOf(value, key.startsWith('open/') ? openCells : closedCells),
  action: ({ key, value }) => action(value) && isMapping(value) && value['id'] === key,
  verdict: ({ value }) => verdict(value),
  aside: () => true,
};

const nestedMax = 50;

/** False if a time in a value, at any depth, is later than `timeMsMax`, or the value has more than `nestedMax` levels. */
function isTimely(value: unknown, left: number = nestedMax): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (left === 0) return false;
  // Lists are long: a row of a series has up to some hundred numbers.
  if (Array.isArray(value)) return value.every((one) => typeof one === 'number' || isTimely(one, left - 1));
  return Object.entries(value).every(([name, one]) =>
    typeof one === 'number' ? !name.endsWith('Ms') || number(one) : isTimely(one, left - 1),
  );
}

/** True for a row with the fields that `checks` names, each of its type, and with times that can be shown. */
export function isSoundRow(row: Row): boolean {
  return checks[row.table](row) && (row.table === 'answer' || isTimely(row.value));
}
