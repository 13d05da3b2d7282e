/** Why a goal is missed, by what it is about: said beside its figure, and only while it is missed. */
export const why: Readonly<Record<string, string>> = {
  'harmful moves, of all':
    'five of fourteen went home seconds to minutes before the next outage, which nobody can see coming',
  'missed trouble':
    'drift, swell and slow poisoning give too few answers within 20 minutes at the default paces; the reference policy misses 45',
  'notices an incident':
    'four is the least by type: finding, advice, recovery, way back ([0014](decisions/0014-one-fault-one-message.md))',
  'false moves in calm, an upstream and year':
    'worlds in which delays vary by a factor of e, or where everybody fails 1 %',
  'memory for three mirrors':
    '62 MB are Node’s own file, some 13 each idle thread ([0025](decisions/0025-less-memory.md))',
  'memory at 1000 targets': 'the same, and 90 MB of V8’s heaps in four threads ([0025](decisions/0025-less-memory.md))',
  'memory at 15000 targets':
    'what a turn of probes allocates before a collection comes ([0025](decisions/0025-less-memory.md))',
  'main thread held by a scrape':
    'a major collection within a turn ([0026](decisions/0026-exposition.md), [0025](decisions/0025-less-memory.md))',
  'a scrape, median': 'two cores carry servers, probes and the page at once',
  'timing error, median, beside blackbox_exporter':
    'a turn of the event loop between kernel and stamp, where Go wakes a thread ([0027](decisions/0027-accuracy.md))',
  'timing error, p99, beside blackbox_exporter':
    'three threads share two cores with the servers; the kernel’s own stamps have no API in Node ([0027](decisions/0027-accuracy.md))',
  'CPU a cold HTTPS probe, over blackbox_exporter':
    'two threads at once take a fifth more than one for the same probes; one thread alone is below the goal',
  'probes a second, over blackbox_exporter': 'the servers of the bench share the two cores',
};
