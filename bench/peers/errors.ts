import { quantile, type Spread, type Summary, spreadOf, summaryOf } from '../statistics.ts';
import { type ComparedPhase, comparedPhases, type PhasesSaid } from './said.ts';

/** Who probes: the C program, Node's sockets alone, the daemon's worker pool with and without scrapes of its page, and the two peers. */
export const probers = ['floor', 'node', 'ours', 'quiet', 'blackbox', 'curl'] as const;
export type Prober = (typeof probers)[number];
/** Where a delay was made: on the link, or in the server. */
export type Made = 'link' | 'server';
export const made = ['link', 'server'] as const;

/** One probe of the known server or of the one behind the link; `said` is `null` where it failed. */
export interface Shot {
  readonly made: Made;
  readonly id: string;
  readonly said: PhasesSaid | null;
}

/** What is known of a probe's phases, milliseconds. */
export type KnownPhases = { readonly [P in ComparedPhase]?: number };

/** How far off each phase of one turn was, milliseconds, absolute, with nothing taken off: `link.tls` and so on. */
export type Errors = ReadonlyMap<string, readonly number[]>;

/** The errors of a turn. Probes that failed, and those of which nothing is known, are in none. */
export function errorsOf(shots: readonly Shot[], known: (shot: Shot) => KnownPhases | undefined): Errors {
  const errors = new Map<string, number[]>();
  for (const shot of shots) {
    const wanted = known(shot);
    if (shot.said === null || wanted === undefined) continue;
    for (const phase of comparedPhases) {
      const wantedMs = wanted[phase];
      if (wantedMs === undefined) continue;
      const key = `${shot.made}.${phase}`;
      const list = errors.get(key) ?? [];
      list.push(Math.abs(shot.said[phase] - wantedMs));
      errors.set(key, list);
    }
  }
  return errors;
}

/** One round: a turn of each prober. */
export type Round = Partial<Readonly<Record<Prober, Errors>>>;
export type Figure = 'median' | 'p99';

/** What one phase of one mirror came to. */
export interface PeerRow {
  readonly made: Made;
  readonly phase: ComparedPhase;
  /** Over the probes of all rounds; absent where that prober did not run. */
  readonly by: Partial<Readonly<Record<Prober, Summary>>>;
  /**
   * (ours − floor) over (blackbox_exporter − floor), round by round, without a floor ours over theirs; `null` where
   * theirs was not above the floor in any round.
   */
  readonly ratio: Readonly<Record<Figure, Spread | null>>;
  /** The same without a scrape of ours: what the scrape costs. */
  readonly ratioQuiet: Readonly<Record<Figure, Spread | null>>;
}

/** Every phase of which something is known, over all rounds. */
export function peerRows(rounds: readonly Round[]): readonly PeerRow[] {
  return made.flatMap((where) =>
    comparedPhases.flatMap((phase) => {
      const key = `${where}.${phase}`;
      const of = (round: Round, prober: Prober): readonly number[] => round[prober]?.get(key) ?? [];
      const by = Object.fromEntries(
        probers
          .map((prober) => [prober, rounds.flatMap((round) => of(round, prober))] as const)
          .filter(([, errors]) => errors.length > 0)
          .map(([prober, errors]) => [prober, summaryOf(errors)]),
      );
      if (Object.keys(by).length === 0) return [];
      const ratios = (prober: Prober) => ({
        median: ratioOf(rounds, of, prober, 0.5),
        p99: ratioOf(rounds, of, prober, 0.99),
      });
      return { made: where, phase, by, ratio: ratios('ours'), ratioQuiet: ratios('quiet') };
    }),
  );
}

function ratioOf(
  rounds: readonly Round[],
  of: (round: Round, prober: Prober) => readonly number[],
  prober: Prober,
  q: number,
): Spread | null {
  const ratios = rounds.flatMap((round) => {
    const floor = of(round, 'floor');
    const floorMs = floor.length === 0 ? 0 : quantile(floor, q);
    const [oursMs, theirsMs] = [quantile(of(round, prober), q) - floorMs, quantile(of(round, 'blackbox'), q) - floorMs];
    return theirsMs > 0 && !Number.isNaN(oursMs) ? [oursMs / theirsMs] : [];
  });
  return ratios.length === 0 ? null : spreadOf(ratios);
}
