import { z } from 'zod';
import { addressBytesOf, hostAndPort, isLoopback } from '../../core/addresses.ts';
import type { Config } from '../../core/config.ts';
import { type Control, type Mirror, upstreamsOf } from '../../core/mirror.ts';
import { hostKeyOf, hostOf } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import { checked, list, mapping, name } from '../fields.ts';
import type { Report } from '../reading.ts';

const control = checked(
  'URL of a control: http, https or tcp://host:port. Default name: host:port.',
  phrase('expected.urlControl'),
  (value) => parseControlUrl(value) !== null,
);

export const controlsKey = list(
  z.union([control, mapping(null, { name: name('Name of the control, unique.'), url: control })]),
  phrase('expected.listUrls', { block: '{ name, url }' }),
  32,
)
  .describe(
    'Hosts that are not mirrors. They show whether a mirror or this network fails. They are requested without a proxy.',
  )
  .prefault([]);

/** Reads the URL of a control: http, https or `tcp://host:port`, without user-info; `null`: invalid. */
export function parseControlUrl(text: string): { readonly url: string; readonly name: string } | null {
  if (!/^(https?|tcp):\/\/[^/]/i.test(text) || /[\s@#\\]/.test(text) || !URL.canParse(text)) return null;
  const parsed = new URL(text);
  if (parsed.protocol === 'tcp:') {
    const address = hostAndPort(text.slice('tcp://'.length).replace(/\/$/, ''));
    if (address?.port == null || address.host === '') return null;
    return { url: `tcp://${parsed.host}`, name: parsed.host };
  }
  return { url: parsed.href, name: hostOf(parsed.href) };
}

export function readControls(written: z.output<typeof controlsKey>, report: Report): readonly Control[] {
  const names = new Set<string>();
  return written.flatMap((entry, at) => {
    const split = parseControlUrl(typeof entry === 'string' ? entry : entry.url);
    if (split === null) return [];
    const name = typeof entry === 'string' ? split.name : entry.name;
    if (names.has(name)) report.error(['controls', at], phrase('expected.nameOnce', { name: `"${name}"` }));
    names.add(name);
    return [{ name, url: split.url }];
  });
}

const independentMin = 3;

/** Warns if there is no control. Without one, mirrors that fail together look like a failure of our own network. */
export function warnOfNoControl(config: Config, report: Report): void {
  if (config.controls.length > 0) return;
  report.warning(['controls'], phrase('expected.control'), { seen: phrase('load.seenNone') });
  warnOfUndecidable(config, report);
}

/**
 * Warns of upstreams with too few independent mirrors: their failures cannot be distinguished from failures of our own
 * network.
 */
function warnOfUndecidable(config: Config, report: Report): void {
  for (const { ecosystem, upstream } of upstreamsOf(config.mirrors)) {
    const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem && mirror.upstream === upstream);
    const independent = new Set(mirrors.map(placeOf)).size;
    if (independent >= independentMin) continue;
    report.warning(['mirrors'], phrase('expected.independent', { count: independentMin, kind: upstream }), {
      seen: phrase('load.seenOf', { count: independent, whom: upstream }),
    });
  }
}

/**
 * Returns where a mirror is: its host name; for an address, its network (/24 or /48); on loopback, its host and port.
 * Two mirrors at the same place may fail together, so they are not independent.
 * @see docs/how-it-judges.md#them-or-us
 */
function placeOf(mirror: Mirror): string {
  const { hostname } = new URL(mirror.url);
  if (isLoopback(hostname)) return hostKeyOf(mirror.url).replace(/^https?:/, '');
  const bytes = addressBytesOf(hostname.replace(/^\[|\]$/g, ''));
  return bytes === null ? hostname : bytes.slice(0, bytes.length === 4 ? 3 : 6).join('.');
}
