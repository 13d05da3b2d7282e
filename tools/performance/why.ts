/** The reason why a goal is missed, by the name of the goal. The page shows it only while the goal is missed. */
export const why: Readonly<Record<string, string>> = {
  'harmful switches, of all switches outside calm worlds':
    '3 of 5 are in one simulated world, in which mirrors limit requests and the preferred mirror is dead for seconds (counts-beside-blinks). In the other 2, clients return just before the next bad minute (bad-minutes). Not solved',
  'harmful switches in calm worlds, or where the trouble is ours':
    'the 3 of ours are in one world (counts-beside-blinks). Of the calm ones, 2 are in worlds whose response times vary very much. 2 are in worlds whose mirrors fail 0.3 % of requests. Not solved',
  'the same, recorded outages in which all requests fail':
    'two rules of advice have a price: a switch must save 20 %, and clients stay away for ten minutes. With them, a player that knows the truth ten seconds late reaches 1.048 × (`told-by-rules` in [decisions-quality.md](decisions-quality.md))',
  'missed incidents':
    'if a mirror becomes slow gradually or for a short time, too few responses come within 20 minutes at the default intervals; the simple detector `cusum` misses four times as many ([decisions-quality.md](decisions-quality.md)). The player `told-by-rules`, which knows the truth, misses 4',
  'false switches in calm worlds, per upstream and year':
    '18 such switches in 3.00 years of one upstream, 11 of them needless: 8 are in worlds whose response times vary very much; 6 are in worlds whose mirrors fail 0.3 or 1 % of requests, none of them needless; 4 are in other worlds',
  'memory for three mirrors':
    'a program with only the same libraries takes 118 MB, of which 53 are Node’s executable; 13 MB are the code and data of mirrorwatch ([0023](decisions/0023-less-memory-by-flags-and-late-threads.md))',
  'memory at 1000 targets':
    'this load uses more than a tenth of a core, so the optimizing compilers are on and take 20 MB ([0023](decisions/0023-less-memory-by-flags-and-late-threads.md)); a program with only the same libraries takes 118 MB for three mirrors',
  'timing error over HTTP/1.1, median, beside blackbox_exporter':
    'a Node program with bare sockets (`floor (Node)`) has an error of up to 0.95 ms in these phases: Node reads a socket event in a later pass of its event loop; Go wakes a thread at once ([0027](decisions/0027-own-work-outside-the-phases.md))',
  'timing error over HTTP/1.1, p99, beside blackbox_exporter':
    'a Node program with bare sockets has an error of 8 to 10 ms, because one thread serves all connections; mirrorwatch has 10 to 12 ms without scrapes ([0027](decisions/0027-own-work-outside-the-phases.md))',
  'CPU a cold HTTPS probe, HTTP/1.1, over undici alone':
    'in one thread the whole prober takes as much CPU as undici alone (1.00 ×); the rest is the transfer of results to the main thread',
  'CPU a cold HTTPS probe, HTTP/2, over undici alone':
    'in one thread the whole prober takes 1.04 × the CPU of undici alone; the rest is the transfer of results to the main thread',
  'timing error over HTTP/2, median, beside blackbox_exporter':
    'a Node program with bare HTTP/2 sessions has an error of 1.3 to 1.4 ms in the phase `processing`; the rest is time in which the thread works on other probes ([0027](decisions/0027-own-work-outside-the-phases.md))',
  'timing error over HTTP/2, p99, beside blackbox_exporter':
    'a Node program with bare HTTP/2 sessions in one thread has an error of 11 to 15 ms; mirrorwatch has 13 to 18 ms without scrapes ([0027](decisions/0027-own-work-outside-the-phases.md))',
  'probes a second, HTTP/1.1, over blackbox_exporter':
    'at this rate one thread uses its whole core; with a second thread each probe takes a fifth more CPU ([0034](decisions/0034-one-light-thread-on-two-cores.md))',
  'probes a second, HTTP/2, over blackbox_exporter':
    'at this rate one thread uses its whole core; in one thread, mirrorwatch sends nearly as many probes as undici alone (836 and 856 a second)',
};
