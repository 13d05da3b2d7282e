import { z } from 'zod';
import { isGoPattern } from '../core/go-patterns.ts';
import { limits } from '../core/limits.ts';
import { parseGoChain } from './chain.ts';
import {
  checked,
  duration,
  dwellRange,
  file,
  integer,
  list,
  mapping,
  name,
  notYet,
  readable,
  secretText,
  share,
  text,
} from './fields.ts';
import { parseGoModule } from './go-module.ts';
import { defaultSumdb } from './known-mirrors.ts';
import { mirror } from './schema-mirror.ts';
import { listen, schedule, steps } from './schema-schedule.ts';
import { webhook } from './schema-webhook.ts';
import { parseSumdb } from './sumdb.ts';
import { controlUrl } from './urls.ts';

const control = checked(
  'URL of a control; its name is host:port.',
  'an http://, https:// or tcp://host:port URL without user-info or fragment',
  (value) => controlUrl(value) !== null,
);

const goModule = z.union([
  readable('A module and its version.', 'module@version', parseGoModule),
  mapping({
    from: file('A go.sum or go.mod; the other of the two beside it is read as well.'),
    top: integer(
      'So many of its modules: direct requirements first, then the most required by others.',
      1,
      limits.modules,
    ).prefault(20),
  }),
]);

const detect = mapping({
  spike: mapping({
    consecutive: integer('So many slow samples in a row open a spike.', 1, 100).prefault(3),
    factor: z
      .number({ error: 'a number from 1.1 to 100' })
      .min(1.1, { error: 'a number from 1.1 to 100' })
      .max(100, { error: 'a number from 1.1 to 100' })
      .meta({ description: 'Slow is above this many times the baseline …' })
      .prefault(2.5),
    floor: duration('… and at or above this.', { min: 0, max: limits.timeoutMsMax }).prefault('800ms'),
    clear: integer('So many samples below 1.5 × baseline close it.', 1, 100).prefault(3),
    window: integer('The baseline is the median of so many samples.', 5, 10_000).prefault(120),
    warmup: integer('No verdict before so many samples.', 1, 10_000).prefault(20),
    relearn: duration('A spike this old ends as a level shift.', { min: 60_000, max: 7 * 86_400_000 }).prefault('2h'),
  })
    .meta({ description: 'When slow is a spike.' })
    .prefault({}),
  outage: mapping({
    open: integer('So many canary failures in a row …', 1, 100).prefault(3),
    over: duration('… that span this long open an outage.', { min: 0, max: limits.roundMs }).prefault('4s'),
    close: integer('So many successes close it.', 1, 100).prefault(2),
    share: share('Or this share of the last ten.').prefault('50%'),
  })
    .meta({ description: 'When failing is an outage.' })
    .prefault({}),
  lag: mapping({
    limit: duration('Behind the origin by more than this is a finding; lag is not measured yet.', {
      min: 60_000,
      max: 30 * 86_400_000,
    }).prefault('1h'),
  })
    .meta({ description: 'When behind is too far behind.' })
    .prefault({}),
});

const advise = mapping({
  hold: duration(
    'Least time between two voluntary moves, and how long the preferred mirror must be well before failback.',
    dwellRange,
  ).prefault('10m'),
  ttl: duration('Advice expires after this.', { min: 60_000, max: 365 * 86_400_000 }).prefault('24h'),
  minGain: share('Least relative drop of the expected time that is worth a move.').prefault('20%'),
  failureCost: duration('What a broken build costs a person: failures weigh this much beside waiting.', {
    min: 0,
    max: 86_400_000,
  }).prefault('5m'),
});

/** The file as written: every documented key, its type, default and meaning. What spans several keys is checked afterwards. */
export const configSchema = mapping(
  {
    vantage: text('The place we watch from, for people and notices.', 'a short text', 64).prefault('local'),
    listen: listen
      .meta({ description: 'HTTP interface: an address, or a mapping. Needs a restart.' })
      .prefault('127.0.0.1:10120'),
    contact: text('Address of the people in charge, sent in the User-Agent.', 'an e-mail address or URL', 200)
      .regex(/^[\x21-\x7e]+$/, { error: 'an e-mail address or URL, without spaces' })
      .optional(),
    schedule: schedule.meta({ description: 'Pace of the canary, and politeness.' }).prefault({}),
    steps: steps.meta({ description: 'Pace of single steps: a duration, or { every or cron, timeout }.' }).prefault({}),
    mirrors: list(mirror, 'a list of mirrors', limits.mirrors)
      .min(1, { error: 'at least one mirror' })
      .meta({ description: 'What is watched.' }),
    controls: list(
      z.union([control, mapping({ name: name('Name of the control, unique.'), url: control })]),
      'a list of URLs or { name, url }',
      32,
    )
      .meta({ description: 'What is not a mirror and tells "them" from "us".' })
      .prefault([]),
    clients: mapping({
      go: readable(
        'The GOPROXY line of today. Default: the mirror of the highest weight, then `,direct`.',
        'a GOPROXY line',
        parseGoChain,
      ).optional(),
      npm: notYet('npm'),
      pypi: notYet('pypi'),
      oci: notYet('oci'),
      http: notYet('http'),
    })
      .meta({ description: 'What clients use today.' })
      .prefault({}),
    modules: mapping({
      go: list(goModule, 'a list of module@version or { from, top }', limits.modules)
        .meta({ description: 'Go modules. The first one with a fixed version is the canary.' })
        .prefault([]),
      npm: notYet('npm'),
      pypi: notYet('pypi'),
      oci: notYet('oci'),
      http: notYet('http'),
    })
      .meta({ description: 'What is asked of the mirrors.' })
      .prefault({}),
    private: mapping({
      go: list(checked('', "a glob by GOPRIVATE's rules, such as git.example.com/*", isGoPattern), 'a list of globs')
        .meta({
          description:
            "Globs by GOPRIVATE's rules. Matching modules are asked only of mirrors of a named upstream other than `go`.",
        })
        .prefault([]),
      npm: notYet('npm'),
      pypi: notYet('pypi'),
    })
      .meta({ description: 'Names that never leave for a public mirror or database.' })
      .prefault({}),
    go: mapping({
      sumdb: readable(
        "Checksum database, in GOSUMDB's forms: a name, name+hash+key, either with a URL after a space, or off.",
        'a checksum database',
        parseSumdb,
      ).prefault(defaultSumdb),
    })
      .meta({ description: 'What is particular to Go.' })
      .prefault({}),
    detect: detect.meta({ description: 'Verdicts.' }).prefault({}),
    advise: advise.meta({ description: 'Advice.' }).prefault({}),
    webhooks: list(webhook, 'a list of receivers', 64).meta({ description: 'Who is told.' }).prefault([]),
    alertmanager: mapping(
      {
        token: secretText('Bearer token that Alertmanager sends with its webhook.', 'a token').optional(),
        tokenFile: file('File that holds the token.').optional(),
        repeat: duration(
          'The `repeat_interval` of its route to us. An alert not heard of for three of them is taken as ended: one that ends while silenced or inhibited is never said to.',
          { min: 1_000, max: limits.alertAgeMsMax / limits.alertRepeats },
        ).prefault('10m'),
      },
      'a mapping with token or tokenFile',
    )
      .meta({
        description:
          'Who may post alerts to `/api/v1/alertmanager`, beside whoever has the listen token. See docs/loop.md.',
      })
      .optional(),
    state: mapping({
      path: file('The state file. Needs a restart.').prefault('./data/mirrorwatch.db'),
      keep: duration('How long probes and history are kept.', { min: 3_600_000, max: 3650 * 86_400_000 }).prefault(
        '30d',
      ),
    })
      .meta({ description: 'The state file.' })
      .prefault({}),
    limits: mapping({
      lines: integer(
        'Most lines of /metrics; beyond it whole targets are dropped, last configured first.',
        1000,
        10_000_000,
      ).prefault(500_000),
    })
      .meta({ description: 'Bounds.' })
      .prefault({}),
  },
  'a mapping of keys such as mirrors and modules',
);

/** A checked file, units read, defaults filled in; files and cross-checks are still to come. */
export type FileConfig = z.output<typeof configSchema>;
/** One entry of `mirrors`, checked. */
export type FileMirror = FileConfig['mirrors'][number];
