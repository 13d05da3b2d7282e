/** A kind of fault: the family of worlds that has it, and its row. */
export interface Fault {
  readonly family: string;
  readonly what: string;
}

/** Faults of the preferred mirror, in the order of the table. */
export const faults: readonly Fault[] = [
  { family: 'refused', what: 'refuses connections' },
  { family: 'black-hole', what: 'never responds' },
  { family: 'reset', what: 'closes every connection' },
  { family: 'server-errors', what: 'responds 500, 502 or 503' },
  { family: 'denied', what: 'responds 403 to everything' },
  { family: 'throttled-all', what: 'responds 429, with a short `Retry-After` or none' },
  { family: 'retry-after-an-hour', what: 'responds 429 with `Retry-After` of one hour' },
  { family: 'masked-upstream', what: 'responds 404 to everything' },
  { family: 'certificate-expired', what: 'its certificate has expired' },
  { family: 'cut-in-body', what: 'truncates every response' },
  { family: 'fails-20-to-35', what: 'fails 20 to 35 % of requests' },
  { family: 'fails-10-to-20', what: 'fails 10 to 20 % of requests' },
  { family: 'fails-5-to-10', what: 'fails 5 to 10 % of requests' },
  { family: 'flapping-30s', what: 'is down for 30 s, up for 30 s, and so on' },
  { family: 'slow-step', what: 'takes 0.9 to 6 s more for each response' },
  { family: 'slow-factor', what: 'takes 3 to 12 times as long' },
  { family: 'zip-errors', what: 'responds 500 to every download; all else is well' },
  { family: 'zip-crawls', what: 'downloads at 20 KB/s; all else is well' },
  { family: 'poisoned-module', what: 'has wrong bytes for one package' },
  { family: 'module-gone', what: 'lacks one package of three or four' },
];
