import { lookup, Resolver } from 'node:dns';
import { addressClassOf, classBySpelling } from '../core/address-class.ts';
import { getOrMake } from '../core/get-or-make.ts';
import type { ResolveAccess } from '../core/mirror.ts';
import type { Clock, Timers } from '../core/ports.ts';
import { phrase } from '../words/tell.ts';
import { Deadline, stopOf, WireStop } from './deadline.ts';

export interface Resolved {
  readonly address: string;
  readonly family: 4 | 6;
}

export interface ResolveRule extends ResolveAccess {
  /** The preferred family if `family` is `null`. Absent: the order of the system resolver, or IPv4 with a `server`. */
  readonly first?: 4 | 6 | undefined;
  /** The mirror that chose the name; it has at most `turnsMax` look-ups at once. Absent: the operator chose the name. */
  readonly by?: string | undefined;
}

/**
 * The system's resolver has few threads for all names (`UV_THREADPOOL_SIZE`), and a name whose server is silent holds
 * one of them for many seconds, also after our deadline.
 */
const turnsMax = 3;
/** The look-ups of one name that the operator chose, by the system's resolver. */
const ownTurnsMax = 2;

/** The look-ups of names that one mirror chose, or of one name. A waiting one gets the result of a running one with the same name. */
interface Turns {
  readonly max: number;
  running: number;
  waiting: { readonly key: string; readonly isWanted: () => boolean; readonly end: ResolveCallback; begin(): void }[];
}

/** The timeout for resolving other names after a name failed, to test the resolver. Milliseconds. */
const othersMs = 1_500;
/** How long the result of testing a resolver with other names is reused. Milliseconds. */
const othersFreshMs = 2_000;
const othersMax = 3;
const namesKnown = 200;
const serversKept = 100;

/** Resolves a name to one address, by the system's resolver or a configured server. */
export class NameResolver {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #others: readonly string[];
  readonly #known = new Map<string, Set<string>>();
  /** For each DNS server (`''`: the system's resolver): the names that it resolved most recently, the newest last. */
  readonly resolved = new Map<string, Set<string>>();
  readonly #servers = new Map<string, Resolver>();
  readonly #turns = new Map<string, Turns>();
  /** Names that had a public address. */
  readonly #public = new Set<string>();
  readonly #verdicts = new Map<string, { readonly untilMs: number; readonly result: Promise<boolean | null> }>();

  constructor(clock: Clock, timers: Timers, others: readonly string[]) {
    this.#clock = clock;
    this.#timers = timers;
    this.#others = others.map((name) => name.toLowerCase()).filter(isAskable);
  }

  /**
   * Remembers a mirror's host name, to test the mirror's own resolver with it later. Other resolvers never get the
   * name, because it may be private.
   */
  know(name: string, server: string | null): void {
    const known = getOrMake(this.#known, server ?? '', () => new Set());
    if (known.size < namesKnown && isAskable(name)) known.add(name.toLowerCase());
  }

  /**
   * False if the name of a mirror has a link-local address, such as that of cloud metadata, or none that is public although
   * it had a public one before. Whoever controls the name could so have us request what only we can reach.
   */
  isSteady(name: string, address: string): boolean {
    const found = addressClassOf(address);
    if (found === 'public') this.#public.add(name);
    if (found === 'public' || classBySpelling(name) !== null) return true;
    return found !== 'link_local' && !this.#public.has(name);
  }

  /** Resolves a name to an address. @param stamp  called when the resolver has responded, also with a failure */
  resolve(host: string, rule: ResolveRule, deadline: Deadline, stamp: () => void): Promise<Resolved> {
    return deadline.run((done, failed) => {
      let isOver = false;
      const end: ResolveCallback = (error, address, family) => {
        if (isOver) return;
        stamp();
        if (error === null && address !== '') {
          // A mirror could let the names that it chose fail later, so that the resolver seems broken.
          if (rule.by === undefined) this.noteResolved(host.toLowerCase(), rule.server ?? '');
          done({ address, family });
        } else failed(error === null ? new WireStop('ENODATA', phrase('fault.noAddress')) : stopOf(error));
      };
      this.#inTurn(host, rule, end, () => !isOver);
      return () => {
        isOver = true;
      };
    });
  }

  #inTurn(host: string, rule: ResolveRule, end: ResolveCallback, isWanted: () => boolean): void {
    if (rule.by === undefined && rule.server !== null) return this.resolveName(host, rule, end);
    const by = JSON.stringify(rule.by === undefined ? [host] : rule.by);
    const max = rule.by === undefined ? ownTurnsMax : turnsMax;
    const turns = getOrMake(this.#turns, by, () => ({ max, running: 0, waiting: [] }));
    const key = `${host} ${rule.family ?? rule.first}`;
    const begin = (): void =>
      this.resolveName(host, rule, (...found) => {
        const same = turns.waiting.filter((one) => one.key === key);
        turns.waiting = turns.waiting.filter((one) => one.key !== key);
        turns.running -= 1;
        for (const one of [{ end }, ...same]) one.end(...found);
        startNext(turns);
        if (turns.running === 0) this.#turns.delete(by);
      });
    turns.waiting.push({ key, isWanted, end, begin });
    startNext(turns);
  }

  /**
   * Tests whether the resolver that failed for `host` resolves other names; `null`: no other name is available for the
   * test.
   */
  resolvesOthers(host: string, rule: ResolveRule): Promise<boolean | null> {
    const key = rule.server ?? '';
    const nowMs = this.#clock.monotonicMs();
    const resolved = [...(this.resolved.get(key) ?? [])].reverse();
    const candidates = new Set([...resolved, ...this.#others, ...(this.#known.get(key) ?? [])]);
    candidates.delete(host.toLowerCase());
    const names = [...candidates].slice(0, othersMax);
    const verdict = this.#verdicts.get(`${key} ${names.join(' ')}`);
    if (verdict !== undefined && verdict.untilMs > nowMs) return verdict.result;
    for (const [old, { untilMs }] of this.#verdicts) if (untilMs <= nowMs) this.#verdicts.delete(old);
    const result = names.length === 0 ? Promise.resolve(null) : this.#anyResolves(names, rule);
    this.#verdicts.set(`${key} ${names.join(' ')}`, { untilMs: nowMs + othersFreshMs, result });
    return result;
  }

  close(): void {
    for (const resolver of this.#servers.values()) resolver.cancel();
    this.#servers.clear();
    this.#verdicts.clear();
  }

  noteResolved(name: string, server: string): void {
    if (!isAskable(name)) return;
    const resolved = getOrMake(this.resolved, server, () => new Set());
    resolved.delete(name);
    resolved.add(name);
    // One name more than needed is kept, because the failing name may be among them.
    for (const old of resolved) if (resolved.size > othersMax + 1) resolved.delete(old);
  }

  async #anyResolves(names: readonly string[], rule: ResolveRule): Promise<boolean> {
    const deadline = new Deadline(this.#clock, this.#timers, this.#clock.monotonicMs() + othersMs);
    try {
      return await deadline.run<boolean>((done) => {
        let left = names.length;
        let isWanted = true;
        for (const name of names) {
          const end: ResolveCallback = (error, address) => {
            left -= 1;
            if (error === null && address !== '') done(true);
            else if (left === 0) done(false);
          };
          this.#inTurn(name, { ...rule, by: undefined }, end, () => isWanted);
        }
        return () => {
          isWanted = false;
        };
      });
    } catch {
      return false;
    } finally {
      deadline.clear();
    }
  }

  resolveName(host: string, rule: ResolveRule, callback: ResolveCallback): void {
    if (rule.server === null) {
      const order = rule.first === undefined ? 'verbatim' : (`ipv${rule.first}first` as const);
      lookup(host, { family: rule.family ?? 0, order }, (error, address, family) =>
        callback(error, address ?? '', family === 6 ? 6 : 4),
      );
      return;
    }
    // RFC 6761 section 6.3: `localhost` names never go to a server.
    if (classBySpelling(host) === 'loopback') {
      const family = rule.family ?? rule.first ?? 4;
      queueMicrotask(() => callback(null, family === 6 ? '::1' : '127.0.0.1', family));
      return;
    }
    this.resolveBy(rule.server, host, rule, callback);
  }

  resolveBy(server: string, host: string, { family, first }: ResolveRule, callback: ResolveCallback): void {
    let resolver: Resolver;
    try {
      // Removed resolvers are not cancelled: other mirrors may wait for their responses.
      resolver = getOrMake(this.#servers, server, () => resolverOf(server), serversKept);
    } catch (error) {
      queueMicrotask(() => callback(error as Error, '', 4));
      return;
    }
    const resolveName = (each: 4 | 6, otherwise: 4 | 6 | null): void => {
      const onAddresses = (error: NodeJS.ErrnoException | null, addresses: string[]): void => {
        // The name has no address of this family. If any family is allowed, the other one is tried.
        if (error?.code === 'ENODATA' && otherwise !== null) resolveName(otherwise, null);
        else callback(error, (error === null && addresses[0]) || '', each);
      };
      if (each === 4) resolver.resolve4(host, onAddresses);
      else resolver.resolve6(host, onAddresses);
    };
    const begin = family ?? first ?? 4;
    resolveName(begin, family === null ? (begin === 4 ? 6 : 4) : null);
  }
}

function resolverOf(server: string): Resolver {
  const resolver = new Resolver({ timeout: 2_000, tries: 4 });
  resolver.setServers([server]);
  return resolver;
}

function startNext(turns: Turns): void {
  turns.waiting = turns.waiting.filter(({ isWanted }) => isWanted());
  for (const one of turns.waiting.splice(0, turns.max - turns.running)) {
    turns.running += 1;
    one.begin();
  }
}

type ResolveCallback = (error: Error | null, address: string, family: 4 | 6) => void;

function isAskable(name: string): boolean {
  return name !== '' && classBySpelling(name) === null;
}
