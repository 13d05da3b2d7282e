import type { Mirror } from '../../core/mirror.ts';
import type { Probed } from '../../core/ports.ts';
import { quantileOf } from '../../core/statistics.ts';
import type { Diagnosis, Trap, Unchecked } from '../../core/trap.ts';
import { trapOf } from '../../ecosystems/doctor.ts';
import { leadingClientOf } from '../../ecosystems/ecosystem.ts';
import { registry } from '../../ecosystems/registry.ts';
import { saySentence } from '../../words/tell.ts';
import type { Say } from '../../words/words.ts';
import { type LayerState, layersOf } from './layers.ts';
import {
  findBrokenVersion,
  type OnlineCheck,
  type OnlineProber,
  type OnlineSubject,
  type OnlineTrap,
  type SeenSubject,
  subjectPlaceOf,
  trapAt,
} from './online-subject.ts';
import { findUnserved } from './unserved.ts';

export interface ProbedMirror {
  readonly registry: string;
  readonly url: string;
  readonly layers: readonly LayerState[];
}

export interface OnlineFound extends Diagnosis {
  readonly probedMirrors: readonly ProbedMirror[];
}

export async function examineOnline(subjects: readonly OnlineSubject[], prober: OnlineProber): Promise<OnlineFound> {
  const { say } = prober;
  const seen: SeenSubject[] = [];
  const traps: Trap[] = [];
  const unchecked: Unchecked[] = [];
  const overFour = new Set<OnlineSubject>();
  for (const subject of subjects) {
    prober.progress(subject.question.mirror.name);
    const probed = await prober.probe(subject.config, subject.question);
    const where = [subjectPlaceOf(subject)];
    if (probed === null) {
      unchecked.push({ id: 'online-http', because: say('online.thread'), where });
      continue;
    }
    const one: SeenSubject = { subject, probed, layered: layersOf(probed, say) };
    seen.push(one);
    const { outcome } = probed.sample;
    if (outcome.tag === 'unknown')
      unchecked.push({ id: 'online-name', because: uncheckedText(outcome.because, say), where });
    const ofFamily = await findFamilyTraps(one, prober);
    if (ofFamily.length > 0 && probed.transcript.hops.at(-1)?.family === 6) overFour.add(subject);
    traps.push(
      ...findLies(one, say),
      ...findSlowTraps(one, say),
      ...(await findPlainOnTls(one, prober)),
      ...ofFamily,
      ...(await findVersionTraps(one, prober)),
      ...(await findRelayTraps(one, prober)),
      ...(await findUnserved(one, prober)),
    );
  }
  traps.push(...(await findMadeUp(seen, prober)));
  prober.progress('');
  return {
    traps: [...findLayerTraps(seen, overFour, say), ...findClockTraps(seen, say), ...traps],
    unchecked,
    probedMirrors: seen.map(({ subject, layered }) => ({
      registry: subject.question.mirror.name,
      url: subject.question.mirror.url,
      layers: layered.states,
    })),
  };
}

function uncheckedText(because: string, say: Say): string {
  return because === 'resolver' || because === 'local' ? say(`online.untold.${because}`) : because;
}

/**
 * Returns one trap for each layer and kind of failure. Each trap lists its mirrors.
 * @param overFour  the mirrors that were probed over IPv6 and have a trap of `findFamilyTraps`
 */
function findLayerTraps(
  seen: readonly SeenSubject[],
  overFour: ReadonlySet<OnlineSubject>,
  say: Say,
): readonly OnlineTrap[] {
  const failing = seen.flatMap(({ subject, layered: { failed } }) => {
    if (failed === null) return [];
    const means = overFour.has(subject) ? say('online.overFour', { means: failed.means }) : failed.means;
    return [{ subject, ...failed, means }];
  });
  const layersHit = new Set(failing.map(({ layer }) => layer));
  const isNear = seen.length > 1 && failing.length === seen.length && layersHit.size === 1;
  return [...Map.groupBy(failing, ({ layer, means }) => `${layer} ${means}`).values()].flatMap(
    (alike): OnlineTrap[] => {
      const [first] = alike;
      if (first === undefined) return [];
      const { layer, means, next } = first;
      const what = say(isNear ? 'online.near' : 'online.layer', {
        means: `${means.charAt(0).toUpperCase()}${means.slice(1)}`,
      });
      return [
        trapOf(
          `online-${layer}`,
          what,
          alike.map(({ subject }) => subjectPlaceOf(subject)),
          [next],
        ),
      ];
    },
  );
}

function findSlowTraps({ subject, layered }: SeenSubject, say: Say): readonly OnlineTrap[] {
  const slow = layered.states.filter(({ state }) => state === 'slow');
  return slow.map(({ layer, text }) => {
    const what = say('online.slow.what', { layer: say(`doctor.layer.${layer}`), text });
    return trapAt(subject, 'online-slow', what, say(layer === 'name' ? 'online.slow.name' : 'online.slow.line'));
  });
}

const cutOff: readonly string[] = ['reset', 'cut', 'status', 'malformed', 'timeout_processing'];

const findPlainOnTls: OnlineCheck = async ({ subject, probed }, prober) => {
  const { url } = subject.question.mirror;
  const { outcome } = probed.sample;
  if (!url.startsWith('http:') || outcome.tag !== 'failed' || !cutOff.includes(outcome.failure.kind)) return [];
  const { port } = new URL(url);
  const secure = url.replace(/^http:/, 'https:');
  const again = await probeAs(
    subject,
    { url: port === '' ? secure.replace(/^(https:\/\/[^/]+)/, '$1:80') : secure },
    prober,
  );
  if (again?.transcript.hops.some(({ tls }) => tls !== null) !== true) return [];
  const set = prober.say('online.plain.set', { url: secure });
  return [trapAt(subject, 'online-plain-on-tls', prober.say('online.plain.what'), set)];
};

/**
 * Addresses that no remote host can have: loopback, unspecified, link-local, broadcast, documentation ranges, and the
 * range from which some proxies invent an address for each name.
 */
const madeUpAddress =
  /^(0\.|127\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|198\.1[89]\.|169\.254\.|255\.|::1?$|::ffff:127\.|2001:db8:|fe80:)/i;

function hostOf({ url }: Pick<Mirror, 'url'>): string {
  return new URL(url).hostname;
}

function isName(host: string): boolean {
  return !/^\[|^[\d.]+$/.test(host) && !/(^|\.)localhost$/.test(host);
}

/**
 * Names that a site can define itself, so that any address may be right: RFC 6761, 6762 and 8375, `internal`, and
 * single words.
 */
const siteName = /^[^.]+$|(^|\.)(test|example|example\.(com|net|org)|invalid|local|internal|home\.arpa)$/i;

/** The range from which some proxies invent an address for each name. Requests to these addresses succeed. */
const inventedAddress = /^198\.1[89]\./;

/**
 * Returns a trap if a mirror's name resolved to an address that no remote host can have. After a successful probe there
 * is a trap only if the address is one that proxies invent.
 */
function findLies({ subject, probed }: SeenSubject, say: Say): readonly OnlineTrap[] {
  const { mirror } = subject.question;
  const host = hostOf(mirror);
  const hop = probed.transcript.hops.find(({ url, proxy }) => new URL(url).hostname === host && proxy === null);
  const address = hop?.remoteAddress ?? null;
  if (address === null || !isName(host) || siteName.test(host) || !madeUpAddress.test(address)) return [];
  if (probed.sample.outcome.tag === 'ok' && !inventedAddress.test(address)) return [];
  const what = say('online.lies.address', { host, address });
  return [trapAt(subject, 'online-resolver-lies', what, say('online.lies.look'), say('online.lies.resolve'))];
}

/** Returns a trap for each resolver that returns an address for a name that cannot exist. */
async function findMadeUp(seen: readonly SeenSubject[], prober: OnlineProber): Promise<readonly OnlineTrap[]> {
  const named = seen.filter(
    ({ subject: { question } }) => isName(hostOf(question.mirror)) && question.mirror.access.proxy === null,
  );
  const byServer = Map.groupBy(named, ({ subject }) => subject.question.mirror.access.resolve.server);
  const traps: OnlineTrap[] = [];
  for (const [server, [first]] of byServer) {
    if (first === undefined) continue;
    const url = new URL(first.subject.question.mirror.url);
    url.hostname = `${prober.nonsense}.invalid`;
    const probed = await probeAs(first.subject, { url: url.href.replace(/\/$/, '') }, prober);
    const address = probed?.transcript.hops[0]?.remoteAddress ?? null;
    if (address === null) continue;
    const mirror = server === null ? prober.say('online.lies.own') : prober.say('online.lies.server', { server });
    const what = prober.say('online.lies.nonsense', { host: url.hostname, address });
    traps.push(trapOf('online-resolver-lies', what, [{ mirror }], [prober.say('online.lies.another')]));
  }
  return traps;
}

function probeAs(
  { config, question }: OnlineSubject,
  over: Partial<Mirror>,
  prober: OnlineProber,
): Promise<Probed | null> {
  const mirror: Mirror = { ...question.mirror, ...over };
  const mirrors = config.mirrors.map((one) => (one.name === mirror.name ? mirror : one));
  return prober.probe({ ...config, mirrors }, { ...question, mirror });
}

const notConnected: readonly string[] = ['refused', 'unreachable', 'timeout_connect', 'reset'];
/** Failures that suggest that large packets are lost: a connection opens and then hangs. */
const hangs: readonly string[] = ['timeout_tls', 'timeout_processing', 'timeout_transfer', 'cut'];

/** Error codes of a host without IPv6. Its clients do not try IPv6, so they lose no time. */
const without: readonly string[] = ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/**
 * Returns a trap if IPv6 to a mirror is broken. The mirror works only over IPv4, or IPv4 connects while IPv6 does not.
 */
const findFamilyTraps: OnlineCheck = async ({ subject, probed }, prober) => {
  const { mirror } = subject.question;
  const { access } = mirror;
  if (!isName(hostOf(mirror)) || access.proxy !== null || access.resolve.family !== null) return [];
  if (probed.sample.outcome.tag === 'unknown') return [];
  const over = (family: 4 | 6) =>
    probeAs(subject, { access: { ...access, resolve: { ...access.resolve, family } } }, prober);
  const six = await over(6);
  const outcome = six?.sample.outcome;
  if (outcome?.tag !== 'failed' || six?.transcript.hops.at(-1)?.family !== 6) return [];
  const { failure } = outcome;
  const isUnconnected = notConnected.includes(failure.kind);
  if (!isUnconnected && !hangs.includes(failure.kind)) return [];
  if ('code' in failure && without.includes(failure.code)) return [];
  const four = await over(4);
  const isConnected = four?.transcript.hops.some(({ marks }) => marks.connected !== undefined) === true;
  const works = four?.sample.outcome.tag === 'ok';
  if (!works && !(isUnconnected && isConnected)) return [];
  const what = prober.say(works ? 'online.ipv6.works' : 'online.ipv6.what', { reason: failure.kind });
  const set = [prober.say('online.ipv6.repair'), prober.say('online.ipv6.family')];
  return [trapAt(subject, 'online-ipv6-broken', what, ...set)];
};

const findVersionTraps: OnlineCheck = async ({ subject, probed }, prober) => {
  const { mirror } = subject.question;
  const found = await findBrokenVersion(mirror, probed, (over) => probeAs(subject, over, prober));
  if (found === null) return [];
  const { broken, reason } = found;
  const what = prober.say('online.version.what', {
    broken: `HTTP/${broken}`,
    works: broken === '2' ? 'HTTP/1.1' : 'HTTP/2',
    reason,
    clients: found.clients.join(prober.say('list.comma')),
  });
  const id = broken === '2' ? 'online-http2-broken' : 'online-http1-broken';
  return [trapAt(subject, id, what, prober.say('online.version.repair'))];
};

/**
 * Returns a trap if the client that advice is for needs a relay (access to a second service, such as Go's checksum
 * database, through the mirror), and the mirror does not offer it or its probe fails.
 */
const findRelayTraps: OnlineCheck = async ({ subject, probed }, prober) => {
  const { config, question } = subject;
  const { mirror } = question;
  const kind = registry.of(mirror.ecosystem);
  const relay = kind === null ? undefined : leadingClientOf(kind, config).relay;
  if (kind === null || relay === undefined || probed.sample.outcome.tag !== 'ok') return [];
  const settings = config.settings[mirror.ecosystem];
  if (relay.need(settings) === 'off' || kind.steps[relay.step]?.isRequested?.(mirror, settings) === false) return [];
  const { say } = prober;
  const title = saySentence(relay.title, say);
  const probedRelay = await prober.probe(config, { mirror, module: null, version: null, step: relay.step });
  const { outcome, facts } = probedRelay?.sample ?? {};
  if (outcome?.tag === 'ok' && facts?.notOffered === true) {
    const what = say('online.relay.missing', { relay: title });
    return [trapAt(subject, 'online-relay-missing', what, say('online.relay.first', { relay: title }))];
  }
  if (outcome?.tag !== 'failed') return [];
  const what = say('online.relay.broken', { relay: title, reason: outcome.failure.kind });
  return [trapAt(subject, 'online-relay-broken', what, say('online.relay.another'))];
};

/**
 * If the local clock and the mirrors' clocks differ by more than this, new certificates and tokens may be invalid. It
 * is far above the resolution of the header `Date`, which is one second. Milliseconds.
 */
const skewMs = 60_000;

/**
 * Compares the local clock with the median `Date` of the mirrors, because the clock of a single mirror may be wrong.
 */
function findClockTraps(seen: readonly SeenSubject[], say: Say): readonly OnlineTrap[] {
  const skews = seen.flatMap(({ subject, probed }) => {
    const skew = skewOf(probed);
    return skew === null ? [] : [{ subject, skew }];
  });
  const median = quantileOf(
    skews.map(({ skew }) => skew),
    0.5,
  );
  if (median === null || Math.abs(median) <= skewMs) return [];
  const minutes = Math.round(Math.abs(median) / 60_000);
  const what = say(median > 0 ? 'online.clock.ahead' : 'online.clock.behind', { minutes, count: skews.length });
  const where = skews.map(({ subject }) => subjectPlaceOf(subject));
  return [trapOf('online-clock-skew', what, where, ['timedatectl set-ntp true'])];
}

/**
 * Returns how far the local clock is ahead of the mirror's clock, milliseconds; `null`: there is no valid `Date`. The
 * `Age` of a cached response is added to its `Date`.
 */
function skewOf({ transcript }: Probed): number | null {
  const hop = transcript.hops.at(-1);
  const dateMs = Date.parse(hop?.responseHeaders['date'] ?? '');
  if (hop === undefined || Number.isNaN(dateMs)) return null;
  const ageMs = Number(hop.responseHeaders['age'] ?? 0) * 1000 || 0;
  const ourMs = transcript.startedAtMs + ((hop.marks.firstByte ?? hop.marks.end) - transcript.startedMonotonicMs);
  return ourMs - dateMs - ageMs;
}
