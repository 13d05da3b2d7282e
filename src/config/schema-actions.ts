import { z } from 'zod';
import { actionForms, actionStores, forgeKinds } from '../core/action.ts';
import { adviceCauses } from '../core/advice.ts';
import { headerPattern } from '../core/headers.ts';
import { limits } from '../core/limits.ts';
import { baseUrl, isLoopbackHost } from '../core/url.ts';
import { phrase } from '../words/tell.ts';
import {
  checked,
  duration,
  errorOf,
  file,
  hosts,
  integer,
  list,
  mapping,
  name,
  secretText,
  text,
  timeZone,
  word,
} from './fields.ts';
import { clockTime, isWebhookUrl } from './schema-webhook.ts';

/** `slow` means every cause of slowness. Failback cannot be chosen: it always undoes the changes. */
export const causeWords = {
  slow: ['spike', 'level_shift', 'throughput', 'slower'],
} as const satisfies Readonly<Record<string, readonly (typeof adviceCauses)[number][]>>;
const causes = ['slow', ...adviceCauses.filter((cause) => cause !== 'failback')] as const;

const as = word(
  'Form of what is written: `env` sets `NAME=value` lines, `shell` sets `export` lines, the others are the files of clients.',
  actionForms,
);

const when = mapping({
  causes: list(word('A cause of advice.', causes as unknown as [string, ...string[]]), phrase('expected.listNames'))
    .min(1, errorOf(phrase('expected.atLeastOf', { words: causes.join(', ') })))
    .meta({ description: 'Only advice for these causes; `slow` is every cause of slowness. Default: all.' })
    .optional(),
  confidence: word('Minimum confidence of the advice: `low` in the first 30 s of its finding, `high` after 2 min.', [
    'low',
    'medium',
    'high',
  ]).prefault('medium'),
  perHour: integer('Changes in an hour at most; later ones wait.', 1, 1_000).prefault(4),
  perDay: integer('Changes in a day at most; later ones wait.', 1, 10_000).prefault(12),
  quiet: mapping({
    from: clockTime('Nothing is changed from this time of day, by `timeZone` …'),
    to: clockTime('… to this one. Before `from`: of the next day.'),
  })
    .meta({ description: 'Hours without changes. A due change waits until they end, also a failback.' })
    .optional(),
  timeZone: timeZone('Whose clock quiet hours go by. Default UTC.').optional(),
  places: checked(
    'How many places of the group must advise the same move, such as `2 of 3`. It needs `fleet`.',
    phrase('expected.places'),
    (value) => placesIn(value).needed <= placesIn(value).of,
  ).optional(),
});

/** `2 of 3`; what is no such text needs more places than there are. */
export function placesIn(text: string): { readonly needed: number; readonly of: number } {
  const [, needed = 1, of = 0] = /^([1-9]\d?) of ([1-9]\d?)$/.exec(text) ?? [];
  return { needed: Number(needed), of: Number(of) };
}

const fileDeed = mapping({ path: file('The file. Links are refused.'), as });
const allow = hosts(
  'Private networks to which a host name may resolve; an address in the URL itself needs no entry.',
  false,
)
  .meta({
    description: 'Private networks to which a host name may resolve; an address in the URL itself needs no entry.',
  })
  .prefault([]);
const mergeRequest = mapping({
  kind: word('The forge.', forgeKinds),
  api: checked(
    'URL of its merge requests: …/repos/OWNER/NAME/pulls, or …/projects/ID/merge_requests of GitLab.',
    phrase('expected.forgeApi'),
    isForgeApi,
  ),
  token: secretText('Token of the API.', phrase('expected.token')).optional(),
  tokenFile: file('File that holds the token.').optional(),
  allow,
});
const git = mapping({
  repository: checked(
    'A bare repository: a path, or a URL without a password or token.',
    phrase('expected.repository'),
    isRepository,
  ),
  branch: checked(
    'The branch that gets the commit, or the merge request.',
    phrase('expected.branch'),
    isBranch,
  ).prefault('main'),
  path: checked('The file in it.', phrase('expected.pathInside'), isInside),
  as,
  author: checked('Author of the commits.', phrase('expected.author'), (value) =>
    /^[^<>\p{Cc}]+ <[^<>\s\p{Cc}]+>$/u.test(value),
  ).prefault('mirrorwatch <mirrorwatch@localhost>'),
  sign: z
    .boolean(errorOf(phrase('expected.boolean')))
    .meta({ description: 'Sign commits with the key in the configuration of Git.' })
    .prefault(false),
  mergeRequest: mergeRequest
    .meta({ description: 'Push each advice to a separate branch, and open a merge request from it.' })
    .optional(),
});
const headers = list(
  secretText('A header as `Name: value`.', phrase('expected.header')).regex(
    headerPattern,
    errorOf(phrase('expected.header')),
  ),
  phrase('expected.listEach', { what: phrase('expected.header') }),
  32,
)
  .meta({ description: 'Headers of each request, such as a token.' })
  .prefault([]);
const http = mapping({
  url: checked('The URL of the value.', phrase('expected.url'), isWebhookUrl).meta({ writeOnly: true }),
  method: word('HTTP method for your own body.', ['POST', 'PUT']).prefault('POST'),
  headers,
  body: secretText(
    `${actionStores.join(', ')}: compare-and-set of that store. Anything else is the body itself, with the places {{chain}}, {{from}}, {{to}}, {{id}}, {{cause}} and {{upstream}}.`,
    phrase('expected.body'),
  ),
  key: text('The key in etcd.', phrase('expected.shortText'), 512).optional(),
  as: as.optional(),
  allow,
});

const action = mapping(
  {
    name: name('Name of the action, unique.'),
    upstream: text(
      'Whose advice it follows: an upstream or an ecosystem. Default: the only one.',
      phrase('expected.aNameOf'),
      200,
    ).optional(),
    mode: word('`dry-run` only shows what it would change; `auto` changes it.', ['dry-run', 'auto']).prefault(
      'dry-run',
    ),
    accept: z
      .boolean(errorOf(phrase('expected.boolean')))
      .meta({
        description:
          'Whether advice counts as accepted once the action is done. Default: true; with `mergeRequest` false.',
      })
      .optional(),
    timeout: duration('Timeout of a command, of Git, or of a request.', {
      min: 1_000,
      max: limits.actionMsMax,
    }).prefault('30s'),
    when: when.meta({ description: 'Conditions for the action to run.' }).prefault({}),
    file: fileDeed.meta({ description: 'Write a file.' }).optional(),
    command: list(text('A word.', phrase('expected.shortText')), phrase('expected.listWords'), 100)
      .min(1, errorOf(phrase('expected.listWords')))
      .meta({ description: 'Run a program, without a shell: its name and arguments.' })
      .optional(),
    git: git.meta({ description: 'Commit a file and push it.' }).optional(),
    http: http.meta({ description: 'Set a value in a configuration store.' }).optional(),
  },
  phrase('expected.mappingWith', { keys: 'name' }),
);

/** The key `onAdvice`: if it is absent, there are no actions. */
export const onAdviceKey = list(action, phrase('expected.listEach', { what: phrase('expected.action') }), 64)
  .meta({ description: 'Actions that follow advice automatically. See docs/actions.md.' })
  .prefault([]);

const isBaseUrl = (value: string): boolean => baseUrl(value)?.user === null;

/** The key `fleet`: the store that `when.places` reads. */
export const fleetKey = mapping({
  store: checked('URL of a store that is compatible with Prometheus.', phrase('expected.daemonUrl'), isBaseUrl),
  headers,
})
  .meta({ description: 'The store with the metrics of all places, for `when.places` of actions. See docs/actions.md.' })
  .optional();

/** The key `pair`: two daemons of one place, one of which acts. */
export const pairKey = mapping({
  etcd: checked(
    'URL of an etcd that both use. Without it neither daemon acts.',
    phrase('expected.daemonUrl'),
    isBaseUrl,
  ).optional(),
  lease: duration('The time after which the other daemon takes over from one that is gone.', {
    min: 3_000,
    max: 20_000,
  }).prefault('15s'),
})
  .meta({
    description: 'For a second daemon of this place with the same actions: only one of them acts. See docs/actions.md.',
  })
  .optional();

/**
 * An absolute or relative path, or a URL of https, ssh or `user@host:path`; nothing that Git takes for an option or a
 * helper.
 */
function isRepository(value: string): boolean {
  if (/[\s\p{Cc}]/u.test(value) || value.startsWith('-') || value.includes('::')) return false;
  if (!value.includes('://')) return true;
  const url = /^(https?|ssh|file):\/\//.test(value) ? URL.parse(value) : null;
  // A user name in an HTTP URL is often a token, and every local user can read Git's arguments.
  return url !== null && url.password === '' && (url.protocol === 'ssh:' || url.username === '');
}

/** https, or http on loopback: each request has the token. */
function isForgeApi(value: string): boolean {
  const read = baseUrl(value);
  return (
    read?.user === null &&
    (read.url.startsWith('https:') || isLoopbackHost(new URL(read.url).hostname)) &&
    /\/(repos\/[^/]+\/[^/]+\/pulls|projects\/[^/]+\/merge_requests)$/.test(read.url)
  );
}

function isBranch(value: string): boolean {
  return /^[A-Za-z0-9][\w./-]{0,99}$/.test(value) && !/\.\.|\/\/|\.lock$|[/.]$/.test(value);
}

function isInside(value: string): boolean {
  return (
    /^[^\\:\p{Cc}]{1,400}$/u.test(value) &&
    value.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git')
  );
}
