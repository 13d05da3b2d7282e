/** The reason why a goal is missed, by the name of the goal. The page shows it only while the goal is missed. */
export const why: Readonly<Record<string, string>> = {
  'harmful moves, of all':
    'most are in slow-again-and-again, bad-minutes and counts-beside-blinks: the move is right when it is made, but the mirror becomes dearer within ten minutes; open',
  'missed trouble':
    'in drift, swell, slow poisoning and short slow periods, too few responses come within 20 minutes at the default intervals; `cusum` misses three times as many ([decisions-quality.md](decisions-quality.md))',
  'false moves in calm, an upstream and year': 'one departure; each world was simulated for one day',
  'its 90 % interval, upper end':
    'a day of each calm world is too short for a verdict; three years take `--count 30 --resume calm.json` of these worlds and about 3 hours of CPU for the daemon alone',
  'memory for three mirrors':
    'a bare program of the same parts takes 117 MB, of which 54 are Node’s own file; 19 MB are our code and data ([0157](decisions/0157-compilers-on-demand.md))',
  'memory at 1000 targets': 'the same, and 90 MB of V8’s heaps in four threads ([0025](decisions/0025-less-memory.md))',
  'timing error over HTTP/1.1, median, beside blackbox_exporter':
    'Node reads a socket event in a later pass of its event loop; Go wakes a thread at once ([0027](decisions/0027-accuracy.md))',
  'timing error over HTTP/1.1, p99, beside blackbox_exporter':
    'the error is as large without scrapes: the likely cause is that the thread works on another handshake meanwhile; Node has no API for the kernel’s time stamps ([0027](decisions/0027-accuracy.md))',
  'CPU a cold HTTPS probe, HTTP/1.1, over undici alone':
    'in one thread the whole prober took 0.89 × of blackbox_exporter, and undici alone 0.92 ×: the rest is the transfer of results to the main thread',
  'timing error over HTTP/2, median, beside blackbox_exporter':
    'the likely cause is a queue in the one probing thread: a probe took 2 ms of CPU, so 200 a second use 0.4 s of each second; open',
  'timing error over HTTP/2, p99, beside blackbox_exporter': 'the same cause as at the median; open',
  'probes a second, HTTP/1.1, over blackbox_exporter':
    'one thread is fully used at that rate; with a second thread each probe takes a fifth more CPU ([0034](decisions/0034-threads-by-cores.md))',
  'probes a second, HTTP/2, over blackbox_exporter': 'the same cause; undici alone starts as many probes in one thread',
};
