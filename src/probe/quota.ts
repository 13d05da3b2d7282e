/** A whole number at the start of a value, which parameters or further limits may follow: `100;w=21600`, `100, 100;w=60`. */
const count = /^\s*(\d{1,9})\s*(?:[;,]|$)/;

/** The names of headers that state a limit and what is left of it. Docker Hub and GitLab use the first pair, GitHub the second. */
const pairs = [
  ['ratelimit-limit', 'ratelimit-remaining'],
  ['x-ratelimit-limit', 'x-ratelimit-remaining'],
] as const;

/**
 * Returns what is left of a quota of requests, 0 to 1, according to the headers of a response; `null`: they state none. Of
 * several quotas, the one with the least left counts.
 * @param headers  lower-case names
 * @see docs/protocols/common.md#quotas
 */
export function quotaLeftOf(headers: Readonly<Record<string, string>>): number | null {
  const stated = pairs.map(([limit, left]): Share => [numberIn(headers[limit]), numberIn(headers[left])]);
  const shares = [...stated, ...sharesIn(headers['ratelimit'] ?? '', headers['ratelimit-policy'] ?? '')];
  const left = shares.flatMap(([limit, remaining]) =>
    limit === null || remaining === null || limit === 0 ? [] : [Math.min(1, remaining / limit)],
  );
  return left.length === 0 ? null : Math.min(...left);
}

type Share = readonly [limit: number | null, remaining: number | null];

function numberIn(value: string | undefined): number | null {
  const [, digits] = count.exec(value ?? '') ?? [];
  return digits === undefined ? null : Number(digits);
}

/**
 * Reads the headers of the draft: `RateLimit: "day";r=20;t=30` with `RateLimit-Policy: "day";q=100;w=60`, or in its earlier
 * form `RateLimit: limit=100, remaining=20, reset=30`.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
function sharesIn(state: string, policy: string): readonly Share[] {
  const limits = new Map(itemsOf(policy).map(({ name, values }) => [name, values.get('q') ?? null]));
  const items = itemsOf(state);
  const all = new Map(items.flatMap(({ values }) => [...values]));
  const early: Share = [all.get('limit') ?? null, all.get('remaining') ?? null];
  return [early, ...items.map(({ name, values }): Share => [limits.get(name) ?? null, values.get('r') ?? null])];
}

/** The items of a list, each with its name (a text in quotes) and its parameters that are whole numbers. */
function itemsOf(list: string) {
  return list.split(',').map((item) => {
    const parts = item.split(';').map((part) => part.trim());
    const values = parts.flatMap((part): [string, number][] => {
      const [key = '', value] = part.split('=');
      const number = numberIn(value);
      return number === null ? [] : [[key.toLowerCase(), number]];
    });
    return { name: parts[0] ?? '', values: new Map(values) };
  });
}
