/** Work in slices: it yields where a turn of the event loop may end, and nothing of it is in force until it returns. */
export type Slices<T> = Generator<undefined, T, undefined>;

/** Targets, files and the like that one slice handles at most: two milliseconds or so, which each event of another probe in the thread may wait. */
export const itemsPerSlice = 128;

/** Lines likewise. */
const linesPerSlice = 1_000;

/** Does the work with a turn of the event loop after each slice. */
export async function overTurns<T>(work: Slices<T>, turn: () => Promise<void>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    await turn();
  }
}

/** Does the work in one go. */
export function atOnce<T>(work: Slices<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Hands on each item until `act` gives `false`; a slice ends after every `itemsPerSlice`. */
export function* each<T>(items: Iterable<T>, act: (item: T) => unknown): Slices<void> {
  let count = 0;
  for (const item of items) {
    if (act(item) === false) return;
    count += 1;
    if (count % itemsPerSlice === 0) yield;
  }
}

/** Characters of text that one slice handles at most, likewise. */
export const charsPerSlice = 16 * 1024;

/** Hands on each line until `act` gives `false`, of one longer than `charsPerSlice` its beginning; a slice ends after so many characters. */
export function* eachLine(text: string, act: (line: string) => unknown): Slices<void> {
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
