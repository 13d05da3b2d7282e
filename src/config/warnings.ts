import type { Config } from '../core/config.ts';
import type { Mirror, Target } from '../core/mirror.ts';
import { leadingClientOf } from '../ecosystems/ecosystem.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { addressBytesOf, isLoopback, isWithin, network } from './addresses.ts';
import { budgetOf, hostKeyOf } from './budget.ts';
import { memberKeysOf } from './chain.ts';
import type { Report } from './report.ts';

const independentMin = 3;
/** As in the built-in default. Above it, a public registry may throttle or ban this host (protocols.md 2.5). */
const politeBytesPerHour = 50 * 2 ** 20;

/** Warns of settings that are allowed but harmful. */
export function warn(config: Config, registry: Registry, report: Report): void {
  warnOfNoControl(config, report);
  warnOfUndecidable(config, report);
  warnOfUnknownMembers(config, registry, report);
  warnOfGuardedReceivers(config, report);
}

/** Private networks: a receiver there is refused unless it is allowed. A host name is only checked at delivery. */
const ownNetworks = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1', 'fc00::/7'].flatMap(
  (text) => network(text) ?? [],
);

/** A receiver at a private address outside `allow` would never get a message. */
function warnOfGuardedReceivers({ webhooks }: Config, report: Report): void {
  for (const [at, { url, allow }] of webhooks.entries()) {
    const host = (URL.parse(url.reveal())?.hostname ?? '').replace(/^\[|\]$/g, '');
    const bytes = addressBytesOf(host === 'localhost' ? '127.0.0.1' : host);
    if (bytes === null || !ownNetworks.some((own) => isWithin(bytes, own))) continue;
    if (allow.some((text) => isWithin(bytes, network(text) ?? { bytes: [], bits: 0 }))) continue;
    report.warning(['webhooks', at], phrase('expected.receiverAllow'), { seen: phrase('load.seenNone') });
  }
}

/** Without a control, mirrors that fail together look like a failure of our own network, however many they are. */
function warnOfNoControl(config: Config, report: Report): void {
  if (config.controls.length > 0) return;
  report.warning(['controls'], phrase('expected.control'), { seen: phrase('load.seenNone') });
}

/** With fewer than three independent mirrors of an upstream and no control, "them" and "us" cannot be distinguished. */
function warnOfUndecidable(config: Config, report: Report): void {
  if (config.controls.length > 0) return;
  const groups = new Map(
    config.mirrors.map(({ ecosystem, upstream }) => [`${ecosystem}|${upstream}`, { ecosystem, upstream }]),
  );
  for (const { ecosystem, upstream } of groups.values()) {
    const mirrors = config.mirrors.filter((mirror) => mirror.ecosystem === ecosystem && mirror.upstream === upstream);
    const independent = new Set(mirrors.map(placeOf)).size;
    if (independent >= independentMin) continue;
    report.warning(['mirrors'], phrase('expected.independent', { count: independentMin, kind: upstream }), {
      seen: phrase('load.seenOf', { count: independent, whom: upstream }),
    });
  }
}

/** Host by name; an address by its prefix (/24, /48); on loopback by port. @see design.md section 5, Vantage suspect */
function placeOf(mirror: Mirror): string {
  const { hostname } = new URL(mirror.url);
  if (isLoopback(hostname)) return hostKeyOf(mirror).replace(/^https?:/, '');
  const bytes = addressBytesOf(hostname.replace(/^\[|\]$/g, ''));
  return bytes === null ? hostname : bytes.slice(0, bytes.length === 4 ? 3 : 6).join('.');
}

/** A member of `clients` that is not a configured mirror is never measured: perhaps a typo. */
function warnOfUnknownMembers(config: Config, registry: Registry, report: Report): void {
  for (const kind of registry.all) {
    const chain = config.clients[kind.id]?.reveal();
    if (chain === undefined) continue;
    const client = leadingClientOf(kind, config);
    const watched = new Set(config.mirrors.map(({ url }) => client.member(url).key));
    const unknown = memberKeysOf(client, chain).filter((key) => !watched.has(key));
    if (unknown.length === 0) continue;
    report.warning(['clients', kind.id], phrase('expected.watched', { count: unknown.length }), {
      needs: [['mirrors']],
    });
  }
}

/** The budget by host: too many slots is a mistake, towards loopback a warning; too many bytes stops heavy steps. */
export function checkBudget(config: Config, targets: readonly Target[], registry: Registry, report: Report): void {
  for (const budget of budgetOf(config, targets, registry)) {
    const share = phrase('load.seenSlots', { share: `${Math.ceil(budget.slotShare * 1000) / 10}%`, host: budget.host });
    if (budget.verdict !== 'ok') {
      const tell = budget.verdict === 'over' ? report.error : report.warning;
      tell(['schedule'], phrase('expected.atMost', { most: '80%' }), {
        seen: share,
        needs: [['steps'], ['mirrors'], ['modules']],
      });
    }
    const { bytesPerHour } = config.schedule;
    const planned = phrase('load.seenBytes', {
      bytes: `${Math.ceil(budget.bytesPerHour / 2 ** 20)}MiB`,
      host: budget.host,
    });
    if (bytesPerHour === null) {
      if (budget.bytesPerHour > politeBytesPerHour && !isLoopback(new URL(budget.host).hostname))
        report.warning(
          ['schedule', 'bytesPerHour'],
          phrase('expected.perHourPublic', { most: `${politeBytesPerHour / 2 ** 20}MiB` }),
          { seen: planned, needs: [['steps'], ['modules']] },
        );
      continue;
    }
    if (budget.bytesPerHour <= bytesPerHour) continue;
    report.warning(['schedule', 'bytesPerHour'], phrase('expected.perHour'), {
      seen: planned,
    });
  }
}
