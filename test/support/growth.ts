/** Eight times as much input: work in proportion grows by eight, with the square of the input by 64. */
const times = 8;
/** Between the two: caches, garbage and a compiler that is not warm yet cost some. */
const growthMax = 28;
/** This little is plain: for what grows with the square, the small input would have to be measured four times too dear twice. */
const growthPlain = 16;
/** The least of so many is what the work costs; of more where it looks out of proportion. */
const roundsMin = 4;
const roundsMax = 16;
/** What costs so much after the least rounds is told then: more rounds are for what is near the bound. */
const growthHopeless = 48;
/** Work that is quicker is done more often: processor time is exact to a tenth of a millisecond once a thread has rested. */
const costMsMin = 1;

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** Processor time of this thread so far, in ms. Linux brings the count up to date when a thread rests, else at its next tick. */
export function spentMs(): number {
  Atomics.wait(nobody, 0, 0, 0.05);
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

/** Processor time of this thread that `act` takes, ms: what other processes do costs nothing, however busy the machine. */
export function costMs(act: () => void): number {
  const beforeMs = spentMs();
  act();
  return spentMs() - beforeMs;
}

function repeated(often: number, act: () => void): () => void {
  return () => {
    for (let at = 0; at < often; at += 1) act();
  };
}

/**
 * Holds that work grows in proportion with its input and not with its square: it is done for `size` and for eight times
 * that, and what it costs is compared. Nothing is said of how long either takes.
 * @param make  the input of a size; making it is no part of the work
 * @throws Error where eight times the input costs 28 times as much, again and again
 */
export function expectInProportion<T>(size: number, make: (size: number) => T, work: (input: T) => unknown): void {
  const [small, large] = [make(size), make(size * times)];
  let often = 1;
  let [least, most] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 1; round <= roundsMax; round += 1) {
    least = Math.min(least, costMs(repeated(often, () => work(small))));
    if (least < costMsMin) {
      // At first, or once the compiler is warm: begun anew with twice the work.
      [often, round, least, most] = [2 * often, 0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      continue;
    }
    // Nothing is known before the large one was done: once is enough between two small ones, of which the later is warm.
    const growth = most / least;
    if (growth < growthPlain) return;
    if (round > roundsMin && growth < growthMax) return;
    if (round > roundsMin && growth > growthHopeless) break;
    most = Math.min(most, costMs(repeated(often, () => work(large))));
  }
  throw new Error(`of ${size} it costs ${least} ms, of ${times} times as much ${most} ms: out of proportion`);
}
