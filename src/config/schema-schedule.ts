import { z } from 'zod';
import { formatDuration } from '../core/units.ts';
import { type StepDeclaration, sortLightFirst } from '../ecosystems/ecosystem.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { addressBytesOf } from './addresses.ts';
import {
  cadenceRange,
  checked,
  cron,
  duration,
  file,
  integer,
  isHostName,
  list,
  listenAddress,
  mapping,
  secretText,
  size,
  timeoutRange,
  timeZone,
} from './fields.ts';

const every = (description: string) => duration(description, cadenceRange);
const timeout = (description: string) => duration(description, timeoutRange);

/**
 * A key that says where to listen, as an address or a mapping.
 * @param usual  the address of a mapping that names none
 * @param needs  what it must have off loopback, a sentence
 */
export function makeListenKey(usual: string, needs: string) {
  return z.union([
    listenAddress(`Address of the HTTP interface. ${needs}`),
    mapping({
      address: listenAddress('Address and port; an empty host is every IPv4 address.').prefault(usual),
      token: secretText('Bearer token for everything but healthy and ready.', phrase('expected.token')).optional(),
      tokenFile: file('File that holds the token.').optional(),
      hosts: list(
        checked(
          '',
          phrase('expected.hostAddress'),
          (value) => isHostName(value) || addressBytesOf(value.replace(/^\[|\]$/g, '')) !== null,
        ),
        phrase('expected.listHosts'),
        64,
      )
        .meta({
          description:
            'On loopback without a token: further names by which it may be asked, such as a service name that a scrape uses; any other `Host` is refused (DNS rebinding).',
        })
        .prefault([]),
      tls: mapping({
        cert: file('Certificate chain, PEM.'),
        key: file('Private key, PEM, not encrypted.'),
      })
        .meta({ description: 'Serve HTTPS.' })
        .optional(),
    }),
  ]);
}

/** The key `schedule`. */
export const schedule = mapping({
  every: every(
    'Interval of the canary; 5s or more, below it towards loopback only. Default 30s without `cron`.',
  ).optional(),
  cron: cron('Times of the canary, in place of `every`.').optional(),
  timeZone: timeZone("Zone of every cron expression of the file; by default the machine's own.").optional(),
  spread: duration('With `cron`: starts are spread over this span after each named time. Default 30s.', {
    min: 0,
    max: 3_600_000,
  }).optional(),
  timeout: timeout('Deadline of one probe of a light step.').prefault('10s'),
  perHost: integer(
    'Most probes at once towards one host (scheme, name, port). Confirming rounds ask beside them: one probe for each upstream on the host, four at most.',
    1,
    64,
  ).prefault(2),
  bytesPerHour: size(
    'Most bytes an hour from one host; heavy steps stop first, the canary never. Unlimited by default.',
  ).optional(),
});

const pace = (usual: string) =>
  z
    .union([
      every(`How often. ${usual}`),
      mapping({
        every: every('How often.').optional(),
        cron: cron('Times, in place of `every`; zone and spread are those of `schedule`.').optional(),
        timeout: timeout('Deadline of one probe of this step.').optional(),
      }),
    ])
    .optional();

/** The key `steps`: those of each ecosystem, light ones first. */
export function stepsKey({ all }: Registry) {
  const declared = all.flatMap(({ steps }) =>
    sortLightFirst(steps).map((step) => [step, pace(usualOf(steps[step]))] as const),
  );
  const keys = Object.fromEntries<z.ZodType>(declared);
  return mapping(keys as Record<string, ReturnType<typeof pace>>);
}

function usualOf(step: StepDeclaration | undefined): string {
  const { everyMs = null, timeoutMs = null } = step?.usualPace ?? {};
  if (everyMs === null) return 'Default: as `schedule`. The canary itself always follows `schedule`.';
  const timeout = timeoutMs === null ? 'the timeout of `schedule`' : `a timeout of ${timeoutMs / 1000}s`;
  return `Default ${formatDuration(everyMs)}, with ${timeout}.`;
}
