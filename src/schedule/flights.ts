import type { Due } from '../core/due.ts';
import { isHeavy, type Target, upstreamKeyOf } from '../core/mirror.ts';
import { bytesExpectedOf, type Host, type Series } from './host.ts';

interface Flight {
  readonly host: Host;
  readonly series: Series | null;
  readonly isHeavy: boolean;
  readonly bytesExpected: number;
}

/** True for a probe that downloads a whole artifact. A `peek` reads only the first bytes. */
export function isDownload(due: Pick<Due, 'target' | 'purpose'>): boolean {
  return isHeavy(due.target) && due.purpose !== 'peek';
}

export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #downloads = new Map<string, number>();

  launch(host: Host, series: Series | null, due: Due): Due {
    const flight: Flight = {
      host,
      series,
      isHeavy: isDownload(due),
      bytesExpected: series === null ? 0 : bytesExpectedOf(series),
    };
    this.#flights.set(due.probeId, flight);
    this.#countDownload(due, 1);
    if (due.purpose === 'confirm') {
      host.confirming.add(upstreamKeyOf(due.target));
      return due;
    }
    if (series !== null) series.state = 'running';
    // A build uses one connection, so only its first probe takes a slot.
    if (due.purpose !== 'build') hold(flight, 1);
    return due;
  }

  /** Frees the slot of a probe that has ended, and returns its host and series; `null`: the probe was not running. */
  land(due: Due): { readonly host: Host; readonly series: Series | null } | null {
    const flight = this.#flights.get(due.probeId);
    if (flight === undefined) return null;
    this.#flights.delete(due.probeId);
    this.#countDownload(due, -1);
    const { host, series } = flight;
    if (due.purpose === 'confirm') {
      host.confirming.delete(upstreamKeyOf(due.target));
      return flight;
    }
    if (series !== null) series.state = 'idle';
    if (due.purpose !== 'build') hold(flight, -1);
    return flight;
  }

  /**
   * True while an artifact of the upstream is downloaded. Parallel downloads would slow each other down, and their
   * measured times would be too long.
   */
  isDownloading(target: Target): boolean {
    return this.#downloads.has(upstreamKeyOf(target));
  }

  count(): number {
    return this.#flights.size;
  }

  #countDownload(due: Due, by: number): void {
    if (!isDownload(due)) return;
    const key = upstreamKeyOf(due.target);
    const count = (this.#downloads.get(key) ?? 0) + by;
    if (count <= 0) this.#downloads.delete(key);
    else this.#downloads.set(key, count);
  }
}

/** Takes (`by` is 1) or frees (`by` is -1) a slot of the host. */
function hold({ host, bytesExpected, isHeavy: isLong }: Flight, by: 1 | -1): void {
  host.inFlight += by;
  host.bytesExpected += by * bytesExpected;
  if (isLong) host.heavyInFlight += by;
}
