import type { Family, World } from '../../world.ts';
import type { Draft, DraftMirror } from '../families/draft.ts';
import { minuteMs, ordinary, worldFrom } from '../families/draft.ts';
import { failing, failings, mirrorAt, slowDown, strike } from '../families/spoil.ts';
import { Draw } from '../model/draw.ts';
import type { Failing } from '../model/effect.ts';
import type { RecordedHost, Span } from './records.ts';
import { downSpells, marginMs, type OutageWindow, windowsByHost, windowsOfSeed } from './windows.ts';

/** The group of the recorded outages in a report. */
export const recordedGroup = 'recorded';
/** The two families of recorded outages: the head fails every request, or a share of its requests. */
export const recordedNames = ['recorded-hard', 'recorded-share'] as const;

/** The maximum number of mirrors of a world. More hosts of a service are left out. */
const mirrorsMax = 20;
/** The longest interval between two polls of the monitor, milliseconds. */
const pollMs = 8 * minuteMs;
/**
 * In the family with a failure share, down rows of the head with a shorter gap than this are one outage. Milliseconds.
 */
const spellGapMs = 60 * minuteMs;

/**
 * The two families of the recorded outages of `hosts`. In one, all hosts fail as recorded. In the other, the head fails
 * a share of its requests.
 */
export function recordedFamilies(hosts: readonly RecordedHost[]): readonly Family[] {
  const byHost = windowsByHost(hosts);
  const [hard, share] = recordedNames;
  return [
    {
      name: hard,
      group: recordedGroup,
      what: 'a recorded outage: the head fails every request while it is down',
      make: (seed) => recordedWorld(byHost, hard, seed),
    },
    {
      name: share,
      group: recordedGroup,
      what: 'the same outage: while it lasts, the head fails a share of its requests',
      make: (seed) => recordedWorld(byHost, share, seed),
    },
  ];
}

/** Builds the world of `seed`: the outage that the seed selects, the same for both families. */
function recordedWorld(byHost: ReturnType<typeof windowsByHost>, family: string, seed: number): World {
  const draw = new Draw(recordedGroup, seed);
  const window = draw.pick(windowsOfSeed(byHost, seed));
  const { outage, head } = window;
  const startMs = outage.fromMs - marginMs;
  const siblings = siblingsOf(window, startMs, draw);
  const draft = ordinary(draw, {
    mirrors: siblings.length + 1,
    chained: draw.whole(1, Math.min(3, siblings.length + 1)),
  });
  draft.durationMs = outage.toMs + marginMs - startMs;
  const typical = median([head, ...siblings].flatMap(({ upMs }) => upMs)) ?? null;
  for (const [index, host] of [head, ...siblings].entries()) {
    const mirror = mirrorAt(draft, index);
    mirror.url = `https://${[host.host, host.operator].filter((part) => part !== '').join('.')}.example`;
    asRecorded(mirror, median(host.upMs) ?? typical);
    const down = cut(truth(host.spans, draw), startMs, draft.durationMs);
    if (index === 0) playHead(draft, down, family === recordedNames[1]);
    else for (const span of down) strike(mirror, span, { failing: failingOf(span, draw) });
  }
  return worldFrom(draft, family, recordedGroup, seed);
}

/**
 * The other hosts of the service in random order, those that were up at the start first. An operator does not configure
 * a mirror that is known to be dead.
 */
function siblingsOf({ siblings }: OutageWindow, startMs: number, draw: Draw): readonly RecordedHost[] {
  const isUp = ({ spans }: RecordedHost) =>
    spans.some((span) => span.isUp && span.fromMs <= startMs && span.toMs > startMs);
  const drawn = siblings
    .map((host) => ({ host, place: draw.between(0, 1) }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ host }) => host);
  const some = drawn.slice(0, mirrorsMax - 1);
  return [...some.filter(isUp), ...some.filter((host) => !isUp(host))];
}

/** Sets the median time of a light request to `ms`. The download rate does not change. */
function asRecorded(mirror: DraftMirror, ms: number | null): void {
  if (ms === null) return;
  const { bytesPerSecond } = mirror;
  slowDown(mirror, ms / (3 * mirror.rttMs + mirror.processingMs.mod));
  mirror.bytesPerSecond = bytesPerSecond;
}

/** Moves the start of each span to a random time after the previous poll, because a poll sees a change late. */
function truth(spans: readonly Span[], draw: Draw): readonly Span[] {
  const starts = spans.map(({ fromMs }, index) => {
    const before = spans[index - 1];
    if (before === undefined || before.toMs !== fromMs) return fromMs;
    return Math.max(before.fromMs, fromMs - draw.between(0, pollMs));
  });
  return spans.map((span, index) => {
    const next = spans[index + 1];
    const isFollowed = next !== undefined && next.fromMs === span.toMs;
    return {
      ...span,
      fromMs: starts[index] ?? span.fromMs,
      toMs: isFollowed ? (starts[index + 1] ?? span.toMs) : span.toMs,
    };
  });
}

/** The down spans from `startMs` on, in milliseconds from the start of the world. */
function cut(spans: readonly Span[], startMs: number, durationMs: number): readonly Span[] {
  return downSpells(spans, -1).flatMap((span) => {
    const fromMs = Math.max(0, span.fromMs - startMs);
    const toMs = Math.min(durationMs, span.toMs - startMs);
    return fromMs < toMs ? [{ ...span, fromMs, toMs }] : [];
  });
}

function playHead(draft: Draft, down: readonly Span[], isShare: boolean): void {
  const { draw, incidents } = draft;
  const upstream = draft.upstreams[0] ?? '';
  for (const spell of isShare ? downSpells(down, spellGapMs) : down) {
    const parts = down.filter(({ fromMs, toMs }) => fromMs >= spell.fromMs && toMs <= spell.toMs);
    const downMs = parts.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    const how = failingOf(spell, draw);
    const drawn = draw.between(0.1, 0.5);
    const share = parts.length > 1 ? downMs / (spell.toMs - spell.fromMs) : drawn;
    strike(mirrorAt(draft, 0), spell, { failing: how, ...(isShare ? { share } : {}) });
    const what = `${how.reason}${how.status === null ? '' : ` ${how.status}`}`;
    const words = isShare ? `${(100 * share).toFixed(0)} % ${what}` : what;
    incidents.push({ upstream, fromMs: spell.fromMs, toMs: spell.toMs, whose: 'them', what: words });
  }
}

/** How a host fails in the world, by the recorded status; 0: no connection. */
function failingOf({ code }: Span, draw: Draw): Failing {
  if (code === 0) return draw.pick([failings.refused, failings.unreachable, failings.hanging]);
  if (code === 404 || code === 410) return failing('masked_upstream', { status: code });
  if (code === 429) return failing('throttled', { status: code });
  if (code >= 500) return failing('server', { status: code });
  return code >= 400 ? failing('denied', { status: code }) : failing('malformed', { status: code });
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}
