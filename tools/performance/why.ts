/** Why a goal is missed, by what it is about: said beside its figure, and only while it is missed. */
export const why: Readonly<Record<string, string>> = {
  'harmful moves, of all':
    'slow-again-and-again and two-in-turn have most of them: a move is right when it is made and dearer within the next ten minutes; open',
  'missed trouble':
    'drift, swell and slow poisoning give too few responses within 20 minutes at the default paces; the reference policy misses twice as many ([decisions-quality.md](decisions-quality.md))',
  'false moves in calm, an upstream and year':
    'two departures, in worlds in which delays vary by a factor of e; played for a day of each world',
  'its 90 % interval, upper end':
    'a day of each calm world is too short for a verdict; three years take `--calm 40` and 1.5 hours of CPU for the daemon alone',
  'memory for three mirrors':
    '62 MB are Node’s own file, 13 the thread of heavy steps, which was needed then; with V8’s optimising compilers off and without that thread it was 134 MB ([0137](decisions/0137-few-arenas.md))',
  'memory at 1000 targets': 'the same, and 90 MB of V8’s heaps in four threads ([0025](decisions/0025-less-memory.md))',
  'timing error over HTTP/1.1, median, beside blackbox_exporter':
    'a turn of the event loop between kernel and stamp, where Go wakes a thread ([0027](decisions/0027-accuracy.md))',
  'timing error over HTTP/1.1, p99, beside blackbox_exporter':
    'as far off with nothing scraped: likely what comes while the thread is at another handshake and waits; the kernel’s own stamps have no API in Node ([0027](decisions/0027-accuracy.md))',
  'CPU a cold HTTPS probe, HTTP/1.1, over undici alone':
    'in one thread the whole prober took 0.89 × of blackbox_exporter where undici alone took 0.92 ×: the rest is what crosses to the main thread',
  'timing error over HTTP/2, median, beside blackbox_exporter':
    'likely the queue of one probing thread: a probe took 2 ms of CPU there, 200 a second keep it busy for 0.4 s of each; open',
  'timing error over HTTP/2, p99, beside blackbox_exporter': 'the same; open',
  'probes a second, HTTP/1.1, over blackbox_exporter':
    'one thread is full at that rate; a second takes a fifth more CPU for each probe ([0034](decisions/0034-threads-by-cores.md))',
  'probes a second, HTTP/2, over blackbox_exporter': 'the same; undici alone starts as many in one thread',
};
