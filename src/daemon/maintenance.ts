import type { Config } from '../core/config.ts';
import type { Now } from '../core/ports.ts';
import type { Scheduler } from '../schedule/scheduling.ts';

/** The mirrors in maintenance, as last reported to the detector. */
export class Maintenance {
  readonly #on = new Set<string>();
  #config: Config | null = null;

  /** Returns the mirrors whose maintenance has begun or ended since the last call. */
  changes(
    { config, scheduler }: { readonly config: Config; readonly scheduler: Scheduler },
    now: Now,
  ): readonly { readonly name: string; readonly on: boolean }[] {
    if (this.#config !== config) {
      this.#config = config;
      const names = new Set(config.mirrors.map(({ name }) => name));
      // The detector drops removed mirrors. If a removed mirror is configured again, its maintenance must be reported
      // again.
      for (const name of this.#on) if (!names.has(name)) this.#on.delete(name);
    }
    return config.mirrors.flatMap(({ name, maintenance }) => {
      const on = maintenance.length > 0 && scheduler.inMaintenance(name, now);
      if (this.#on.has(name) === on) return [];
      if (on) this.#on.add(name);
      else this.#on.delete(name);
      return [{ name, on }];
    });
  }
}
