/** Starts things at an even pace for so long; those that a busy thread let pass start as soon as it is free, as in the daemon. */
export function atPace(perSecond: number, forMs: number, start: (number: number) => void): Promise<void> {
  const startedMs = performance.now();
  let started = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const ranMs = performance.now() - startedMs;
      for (; started < (Math.min(ranMs, forMs) / 1_000) * perSecond; started += 1) start(started);
      if (ranMs < forMs) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
}
