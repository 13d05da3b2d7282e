import { isLastChoice } from '../../core/advice.ts';
import type { Config } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import { type Upstream, upstreamKeyOf } from '../../core/mirror.ts';
import type { Timers } from '../../core/ports.ts';
import { readMapping } from '../../core/read-json.ts';
import { urlOfListener } from '../../core/url.ts';
import { type DaemonAt, sendToDaemon, tlsOf } from '../../daemon/machine.ts';
import { openEvents } from '../../daemon/system.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { KnownOrder, Withdrawals } from './order.ts';

export interface Listener {
  /**
   * Called with the current state after the daemon's lists of mirrors and advice were read. The key of the
   * map is `ecosystem/upstream`.
   */
  known(all: ReadonlyMap<string, KnownOrder>): void;
  doubted(names: ReadonlySet<string>): void;
  /**
   * Called with the reason when the daemon's lists or event stream cannot be read, and after each further failed
   * attempt.
   */
  lost(why: string): void;
}

const againMs = 2_000;
/**
 * The minimum pause between two reads of the daemon's state (its lists of mirrors and advice), milliseconds, because
 * the daemon limits requests.
 */
const betweenMs = 500;
const limitMs = 10_000;
/** The maximum number of entries in a list, of doubts, and of modules of which a mirror serves wrong bytes. */
const entriesMax = 500;
const eventWords = 'types=advice,standing,finding,reload';

interface MirrorSeen extends Upstream {
  readonly registry: string;
  readonly state?: unknown;
  readonly inDoubt: boolean;
  readonly gate: string | null;
  readonly rank: number | null;
  /** Absent: an authority calls the bytes wrong, or the daemon is of an earlier release. */
  readonly wrongModules?: unknown;
  readonly withdrew?: unknown;
  readonly canary: { readonly p95Seconds: number | null } | null;
}
interface AdviceSeen extends Upstream {
  readonly id: string;
  readonly state: string;
  readonly to: string;
  readonly expiresAt?: unknown;
  readonly candidates?: unknown;
}

/** The gates (reasons that exclude a mirror from advice) which show that clients' fetches from the mirror fail. */
const failingGates: ReadonlySet<string | null> = new Set(['outage', 'certificate', 'refusal']);

export function daemonOf({ door, listen, state }: Config): DaemonAt {
  const { token } = listen;
  if (door?.daemon != null) return { url: door.daemon, token };
  return { url: urlOfListener(listen), token, statePath: state.path, ...tlsOf(listen) };
}

/**
 * Reads the daemon's lists of mirrors and advice.
 * @throws Error if the daemon cannot be reached, or its response is invalid
 */
export async function readDaemon(
  at: DaemonAt,
): Promise<{ readonly known: ReadonlyMap<string, KnownOrder>; readonly doubted: readonly string[] }> {
  const [mirrors, advice] = await Promise.all([
    listAt<MirrorSeen>(at, 'mirrors', ['registry', 'ecosystem', 'upstream']),
    listAt<AdviceSeen>(at, 'advice', ['id', 'ecosystem', 'upstream', 'state', 'to']),
  ]);
  const doubted = mirrors.flatMap(({ registry, inDoubt }) => (inDoubt ? [registry] : []));
  return { known: knownOf(mirrors, advice), doubted };
}

async function listAt<T>(at: DaemonAt, name: string, texts: readonly (keyof T & string)[]): Promise<readonly T[]> {
  const response = await sendToDaemon(at, { method: 'GET', path: `/api/v1/${name}?limit=${entriesMax}`, limitMs });
  if (response.status !== 200) throw new Error(`status ${response.status}`);
  const list = (JSON.parse(response.text) as Readonly<Record<string, unknown>> | null)?.[name];
  if (!Array.isArray(list)) throw new Error(`no list of ${name}`);
  if (!list.every((one) => hasTexts(one, texts))) throw new Error(`${name} of another form`);
  return list as readonly T[];
}

/**
 * Follows a daemon's state. After each event of its stream, the lists of mirrors and advice are read again. Only the
 * beginning of a doubt about a mirror takes effect with the event itself. A doubt ends with the lists, because they say
 * whether the mirror is down.
 */
export function followDaemon(at: DaemonAt, listener: Listener, timers: Timers): { close(): void } {
  const doubted = new Set<string>();
  /** The mirrors whose doubt began since the last read of the lists began, which these may not show yet. */
  const begun = new Set<string>();
  let stream: { close(): void } | null = null;
  let reopening: { cancel(): void } | null = null;
  let isClosed = false;
  const reads = createPacer(timers, refresh);

  function open(): void {
    stream = openEvents(at, `/api/v1/events?${eventWords}`, {
      opened: () => void reads.ask(),
      event: react,
      ended: (why) => {
        if (isClosed) return;
        lose(why);
        reopening = timers.after(againMs, open);
      },
    });
  }

  function lose(why: string): void {
    if (isClosed) return;
    doubted.clear();
    listener.doubted(doubted);
    listener.lost(why);
  }

  async function refresh(): Promise<Paced> {
    begun.clear();
    try {
      const report = await readDaemon(at);
      if (!isClosed) {
        doubted.clear();
        for (const registry of [...report.doubted, ...begun]) doubted.add(registry);
        listener.doubted(doubted);
        listener.known(report.known);
      }
      return { waitMs: betweenMs, isAgain: false };
    } catch (cause) {
      lose((cause as NodeJS.ErrnoException).code ?? (cause as Error).message);
      // After a failure the next read is due soon. Otherwise it would wait for an event, which may take long.
      return { waitMs: againMs, isAgain: true };
    }
  }

  function react(type: string, data: string): void {
    if (type === 'standing') {
      const { registry, inDoubt } = (readMapping(data) ?? {}) as Partial<MirrorSeen>;
      if (typeof registry !== 'string') return;
      if (inDoubt === true && doubted.size < entriesMax) {
        begun.add(registry);
        doubted.add(registry);
        listener.doubted(doubted);
      }
    }
    void reads.ask();
  }

  open();
  return {
    close() {
      isClosed = true;
      reopening?.cancel();
      reads.close();
      stream?.close();
    },
  };
}

/** How long to wait after a run, milliseconds, and whether another one follows in any case. */
interface Paced {
  readonly waitMs: number;
  readonly isAgain: boolean;
}

/** Runs `run` when asked, one at a time. A request during a run or the wait after it causes one more run. */
function createPacer(timers: Timers, run: () => Promise<Paced>) {
  let pausing: { cancel(): void } | null = null;
  let isBusy = false;
  let isWanted = false;
  let isClosed = false;
  async function ask(): Promise<void> {
    if (isClosed) return;
    isWanted = isBusy;
    if (isBusy) return;
    isBusy = true;
    const { waitMs, isAgain } = await run();
    if (isClosed) return;
    isWanted ||= isAgain;
    pausing = timers.after(waitMs, () => {
      isBusy = false;
      if (isWanted) void ask();
    });
  }
  return {
    ask,
    close(): void {
      isClosed = true;
      pausing?.cancel();
    },
  };
}

function hasTexts(value: unknown, keys: readonly string[]): boolean {
  const fields = Object(value) as Readonly<Record<string, unknown>>;
  return keys.every((key) => typeof fields[key] === 'string');
}

/** Combines the lists of mirrors and advice by upstream. Proposed advice takes precedence over accepted advice. */
function knownOf(mirrors: readonly MirrorSeen[], advice: readonly AdviceSeen[]): ReadonlyMap<string, KnownOrder> {
  const adviceBy = Map.groupBy(advice, upstreamKeyOf);
  return new Map(
    [...Map.groupBy(mirrors, upstreamKeyOf)].map(([key, own]) => {
      const stated = (state: string) => adviceBy.get(key)?.find((one) => one.state === state);
      const inForce = stated('proposed') ?? stated('accepted') ?? null;
      const namesWith = (isSo: (one: MirrorSeen) => boolean): ReadonlySet<string> =>
        new Set(own.filter(isSo).map(({ registry }) => registry));
      const ranked = own.filter(({ rank }) => rank !== null).toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
      return [
        key,
        {
          advice: inForce === null ? null : { to: inForce.to, id: inForce.id, expiresAtMs: msOf(inForce.expiresAt) },
          ranked: ranked.map(({ registry }) => registry),
          usualMs: new Map(
            own.flatMap(({ registry, canary }) =>
              typeof canary?.p95Seconds === 'number' ? [[registry, canary.p95Seconds * 1000] as const] : [],
            ),
          ),
          wrong: wrongBeside(
            namesWith((one) => one.gate === 'mismatch' && modulesOf(one) === null),
            inForce,
          ),
          wrongOf: new Map(
            own.flatMap((one) => (one.gate === 'mismatch' ? [[one.registry, modulesOf(one) ?? []] as const] : [])),
          ),
          withdrew: new Map(own.map((one) => [one.registry, withdrawalsOf(one)])),
          unknown: namesWith(({ state }) => state === 'unknown'),
          down: namesWith(({ gate }) => gate === 'outage'),
          failing: namesWith(({ gate }) => failingGates.has(gate)),
        },
      ];
    }),
  );
}

/** What a mirror, as an origin, has withdrawn. */
function withdrawalsOf({ withdrew, ecosystem }: MirrorSeen): Withdrawals {
  const door = registry.of(ecosystem)?.door;
  const texts = Array.isArray(withdrew) ? withdrew.slice(0, entriesMax).map(String) : [];
  // The name of a package may begin with an @.
  const items = texts.map((text) => /^(.+)@([^@]+)$/s.exec(text) ?? []);
  const byModule = Map.groupBy(items, ([, module = '']) => module);
  return new Map(
    [...byModule].map(([module, all]) => [
      module,
      new Set(all.map(([, , version = '']) => door?.spelled?.(version) ?? version)),
    ]),
  );
}

/** The modules of which a mirror serves wrong bytes; `null`: it is not to be used for any module, also if they are too many. */
function modulesOf({ wrongModules }: MirrorSeen): readonly string[] | null {
  const isList = Array.isArray(wrongModules) && wrongModules.length > 0 && wrongModules.length <= entriesMax;
  const isName = (one: unknown): boolean => typeof one === 'string' && one.length <= limits.moduleChars;
  return isList && wrongModules.every(isName) ? wrongModules : null;
}

/**
 * Returns the mirrors that serve wrong bytes. The advised mirror is left out if it already served wrong bytes when it was
 * advised: no other mirror was left then.
 */
function wrongBeside(wrong: ReadonlySet<string>, advice: AdviceSeen | null): ReadonlySet<string> {
  const candidates = Array.isArray(advice?.candidates) ? advice.candidates.map(Object) : [];
  if (advice === null || !isLastChoice({ to: advice.to, candidates })) return wrong;
  return new Set([...wrong].filter((name) => name !== advice.to));
}

function msOf(stamp: unknown): number | null {
  const ms = Date.parse(String(stamp));
  return Number.isNaN(ms) ? null : ms;
}
