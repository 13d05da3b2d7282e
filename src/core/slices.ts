/** Long work in slices: a generator that yields at each point where other work may run. */
export type Slices<T> = Generator<undefined, T, undefined>;

export const itemsPerSlice = 128;

const linesPerSlice = 1_000;

/** Does the work and returns its result. After each slice it awaits `turn`, so that other work can run. */
export async function overTurns<T>(work: Slices<T>, turn: () => Promise<void>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await turn();
  }
}

/** Does the work without pauses, and returns its result. */
export function atOnce<T>(work: Slices<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Calls `act` for each item, until `act` returns `false`. */
export function* each<T>(items: Iterable<T>, act: (item: T) => unknown): Slices<void> {
  let count = 0;
  for (const item of items) {
    if (act(item) === false) return;
    count += 1;
    if (count % itemsPerSlice === 0) yield;
  }
}

export const charsPerSlice = 16 * 1024;

export const bytesPerSlice = 64 * 1024;

/** Calls `act` for each line, cut to `charsPerSlice` characters, until `act` returns `false`. */
export function* walkLines(text: string, act: (line: string) => unknown): Slices<void> {
  let sliceFrom = 0;
  let lines = 0;
  for (let from = 0; from <= text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end < 0 ? text.length : end;
    if (act(text.slice(from, Math.min(to, from + charsPerSlice))) === false) return;
    from = to + 1;
    lines += 1;
    if (lines < linesPerSlice && from - sliceFrom < charsPerSlice) continue;
    lines = 0;
    sliceFrom = from;
    yield;
  }
}
