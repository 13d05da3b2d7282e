import { getOrMake } from '../core/get-or-make.ts';
import { questionOf, refTextOf, type Target, targetId } from '../core/mirror.ts';
import { artifactOf } from '../ecosystems/ecosystem.ts';
import { type Group, newRota, Peeks, type Probing, type Rota } from './group.ts';

const timesKept = 30;
const timesMin = 8;
/**
 * A peek (a probe of first bytes) is slow if it takes longer than `slowFactor` × the median of the recorded times, and
 * longer than `beyond` × their maximum.
 */
const slowFactor = 3;
const beyond = 1.1;

/**
 * A peek (a probe of first bytes) is ordered once this share of the longest gap between light probes has passed since
 * the last light probe. It is above 0.5, because starts of probes are jittered.
 */
const gapPart = 0.54;
/** The shortest and the longest time between two peeks, as shares of the interval of the canary. */
const peekShareMin = 0.75;
const peekShareMax = 1.5;

/** If this many orders to probe an artifact had no result, the next artifact is probed instead. */
const ordersMax = 50;

/**
 * Chooses the artifact that was probed longest ago, and counts an order for it.
 * @param all  questions, each once
 * @returns    `null` if `all` is empty
 */
export function nextInRota(rota: Rota, all: readonly string[]): string | null {
  const from = all.indexOf(rota.last ?? '') + 1;
  const fresh = [...all.slice(from), ...all.slice(0, from)].find((question) => !rota.probed.has(question));
  const next = fresh ?? rota.probed.values().find((question) => all.includes(question));
  if (next === undefined) return null;
  rota.orders += 1;
  if (rota.orders >= ordersMax) recordTurn(rota, next);
  return next;
}

export function recordTurn(rota: Rota, question: string): void {
  rota.probed.delete(question);
  rota.probed.add(question);
  rota.last = question;
  rota.orders = 0;
}

/**
 * Records a peek (a probe of first bytes). A failed or slow peek of the head is rechecked.
 * @param tookMs  the duration of the peek, milliseconds; `null`: it failed
 */
export function recordPeek({ probing: { peeks } }: Group, target: Target, tookMs: number | null): void {
  if (target.registry !== peeks.head) return;
  const hasFailed = tookMs === null;
  if (hasFailed || tookMs > (slowPeekMsOf(peeks) ?? Number.POSITIVE_INFINITY))
    peeks.odd = { question: questionOf(target), hasFailed };
  if (tookMs !== null) recordPeekTime(peeks, tookMs);
}

export function recordPeekTime({ took }: Peeks, tookMs: number): void {
  took.push(tookMs);
  if (took.length > timesKept) took.shift();
}

/**
 * After any result of a peek (a probe of first bytes), the next artifact is due. So an artifact without a clear result
 * does not delay the other artifacts.
 */
export function recordPeekTurn({ probing }: Group, target: Target): void {
  recordTurn(rotaOf(probing, target.registry), questionOf(target));
  probing.isTurnTaken = true;
}

/**
 * Records the start of a scheduled light probe of the head. A start before the last recorded one is ignored.
 * @param startedMs  monotonic milliseconds
 * @param everyMs    the interval of the canary, milliseconds
 */
export function recordLightStart(gaps: Peeks['gaps'], startedMs: number, everyMs: number): void {
  const gapMs = startedMs - gaps.lastMs;
  if (gapMs <= 0) return;
  gaps.lastMs = startedMs;
  if (startedMs - gaps.fromMs >= everyMs) {
    gaps.beforeMs = gaps.longestMs;
    gaps.longestMs = 0;
    gaps.fromMs = startedMs;
  }
  if (gapMs <= everyMs) gaps.longestMs = Math.max(gaps.longestMs, gapMs);
}

/**
 * True if a peek (a probe of first bytes) at the head is due. It is due about once in `everyMs`, in the second half of
 * the longest gap between light probes of the head, because there a peek finds a fault soonest. If no light probe
 * started in the last `everyMs`, the gap is not known, and only the time since the last peek decides.
 */
export function isPeekDue({ gaps, lastMs }: Pick<Peeks, 'gaps' | 'lastMs'>, everyMs: number, nowMs: number): boolean {
  const sinceMs = nowMs - lastMs;
  const silentMs = nowMs - gaps.lastMs;
  if (silentMs >= everyMs) return sinceMs >= everyMs;
  const longestMs = Math.max(gaps.longestMs, gaps.beforeMs) || everyMs;
  const isInGap = silentMs >= gapPart * longestMs;
  return sinceMs >= (isInGap ? peekShareMin : peekShareMax) * everyMs;
}

/** Above this time a peek is slow, milliseconds; `null`: too few times are recorded. */
export function slowPeekMsOf({ took }: Pick<Peeks, 'took'>): number | null {
  if (took.length < timesMin) return null;
  const median = took.toSorted((a, b) => a - b)[took.length >> 1] ?? Number.POSITIVE_INFINITY;
  return Math.max(slowFactor * median, beyond * Math.max(...took));
}

export function rotaOf({ rotas }: Probing, registry: string): Rota {
  return getOrMake(rotas, registry, () => newRota());
}

/**
 * The artifacts of the modules that were probed at a mirror, in the order of the configuration file. A probe of any
 * step that a fetch needs counts.
 */
export function artifactsOf({ probing, kind, upstream, roster }: Group, registry: string): readonly Target[] {
  const artifact = artifactOf(kind);
  if (artifact === null) return [];
  const probed = new Set<string>();
  for (const ofQuestion of probing.targets.values()) {
    const target = ofQuestion.get(registry);
    if (target !== undefined && target.module !== null) probed.add(refTextOf(target));
  }
  const found = new Map<string, Target>();
  for (const { module, version } of roster.modules) {
    // Some steps request a module without its version: then the module alone decides.
    if (!probed.has(refTextOf({ module, version })) && !probed.has(module)) continue;
    const id = targetId(registry, module, version, artifact.step);
    found.set(id, { id, ecosystem: kind.id, upstream, registry, module, version, ...artifact, canary: false });
  }
  return [...found.values()];
}

/** The question (key of the request) of a mirror's canary; `null`: it was not probed yet. */
export function canaryOf({ targets }: Probing, registry: string): string | null {
  for (const [question, ofQuestion] of targets) if (ofQuestion.get(registry)?.canary === true) return question;
  return null;
}

/**
 * A light request for the module of an artifact at a mirror, else the mirror's canary; `null`: neither was probed yet.
 */
export function lightOf(group: Group, registry: string, question: string): string | null {
  const { probing, kind } = group;
  const artifact = targetOf(group, registry, question);
  for (const [light, ofQuestion] of probing.targets) {
    const target = ofQuestion.get(registry);
    if (target === undefined || target.module !== artifact?.module || target.step !== kind.canary) continue;
    if (target.version === null || target.version === artifact.version) return light;
  }
  return canaryOf(probing, registry);
}

/**
 * The target of a question (a request that is the same for all mirrors) at one mirror, even if that artifact was not
 * probed yet.
 */
export function targetOf(group: Group, registry: string, question: string): Target | undefined {
  const known = group.probing.targets.get(question)?.get(registry);
  return known ?? artifactsOf(group, registry).find((target) => questionOf(target) === question);
}

export function pruneProbing(group: Group, names: ReadonlySet<string>, isProbed: (question: string) => boolean): void {
  const { probing } = group;
  const { targets, sizes, served, failing, rotas } = probing;
  served.clear();
  failing.clear();
  if (probing.peeks.head !== null && !names.has(probing.peeks.head)) probing.peeks = new Peeks(null);
  for (const [question, ofQuestion] of targets) {
    for (const name of ofQuestion.keys()) if (!names.has(name)) ofQuestion.delete(name);
    if (ofQuestion.size > 0 && isProbed(question)) continue;
    targets.delete(question);
    sizes.delete(question);
  }
  for (const [name, { probed }] of rotas) {
    if (!names.has(name)) rotas.delete(name);
    const ofQuestion = new Set(artifactsOf(group, name).map(questionOf));
    for (const question of probed) if (!ofQuestion.has(question)) probed.delete(question);
  }
}
