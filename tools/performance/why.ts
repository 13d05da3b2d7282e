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
    'the bare program of the same parts takes 118 MB, of which 53 are Node’s own file; 13 MB are our code and data ([0157](decisions/0157-compilers-on-demand.md))',
  'memory at 1000 targets':
    'this load uses more than a tenth of a core, so the optimizing compilers are on and take 20 MB ([0157](decisions/0157-compilers-on-demand.md)); the bare program at three mirrors takes 118 MB',
  'timing error over HTTP/1.1, median, beside blackbox_exporter':
    'Node’s sockets alone, `floor (Node)`, have up to 0.95 ms: Node reads a socket event in a later pass of its event loop; Go wakes a thread at once ([0027](decisions/0027-accuracy.md))',
  'timing error over HTTP/1.1, p99, beside blackbox_exporter':
    'Node’s sockets alone have 8 to 10 ms, because one thread serves all connections; ours have 10 to 12 without scrapes ([0158](decisions/0158-the-main-thread-yields.md))',
  'CPU a cold HTTPS probe, HTTP/1.1, over undici alone':
    'in one thread the whole prober takes as much as undici alone (1.00 ×); the rest is the transfer of results to the main thread',
  'CPU a cold HTTPS probe, HTTP/2, over undici alone':
    'in one thread the whole prober takes 1.04 × of undici alone; the rest is the transfer of results to the main thread',
  'timing error over HTTP/2, median, beside blackbox_exporter':
    'Node’s HTTP/2 sessions alone have 1.3 to 1.4 ms; the rest is time in which the thread works on other probes ([0158](decisions/0158-the-main-thread-yields.md))',
  'timing error over HTTP/2, p99, beside blackbox_exporter':
    'Node’s HTTP/2 sessions alone have 11 to 15 ms in one thread; ours have 13 to 18 without scrapes ([0158](decisions/0158-the-main-thread-yields.md))',
  'probes a second, HTTP/1.1, over blackbox_exporter':
    'one thread is fully used at that rate; with a second thread each probe takes a fifth more CPU ([0034](decisions/0034-threads-by-cores.md))',
  'probes a second, HTTP/2, over blackbox_exporter': 'the same cause; undici alone starts as many probes in one thread',
};
