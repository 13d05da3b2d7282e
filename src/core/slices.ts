/** Work in slices: it yields where a turn of the event loop may end, and nothing of it is in force until it returns. */
export type Slices<T> = Generator<undefined, T, undefined>;

/** Targets, files and the like that one slice handles at most: some milliseconds. */
export const itemsPerSlice = 500;

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

/** Hands on each item; a slice ends after every `itemsPerSlice`. */
export function* each<T>(items: Iterable<T>, act: (item: T) => void): Slices<void> {
  let count = 0;
  for (const item of items) {
    act(item);
    count += 1;
    if (count % itemsPerSlice === 0) yield;
  }
}
