import { dirname, normalize } from 'node:path';
import type { z } from 'zod';
import { type ActionDeed, actionStores, type ForgeRule, forgeKinds } from '../../core/action.ts';
import { isLoopback } from '../../core/addresses.ts';
import { readHeaders } from '../../core/http.ts';
import { partOf } from '../../core/part.ts';
import { Secret } from '../../core/secret.ts';
import { baseUrl } from '../../core/url.ts';
import { registry } from '../../ecosystems/registry.ts';
import { phrase } from '../../words/tell.ts';
import {
  checked,
  checkPlainUrl,
  errorOf,
  file,
  flag,
  headers,
  hosts,
  isWebhookUrl,
  list,
  mapping,
  secretText,
  text,
  word,
} from '../fields.ts';
import type { Path, Reading, Report } from '../reading.ts';
import { bearerToken } from './listen.ts';

const as = word(
  'Format of the written text: `env` sets `NAME=value` lines, `shell` sets `export` lines, the others are configuration files of clients.',
  registry.actionForms,
);

const fileDeed = mapping('Write a file.', {
  path: file(
    'The file to write. If the file itself is a symbolic link, it is refused; links among its folders are followed.',
  ),
  as,
});
const allow = hosts(
  'Private networks to which the host name of the URL may resolve. An address in the URL itself needs no entry.',
  false,
).prefault([]);
const mergeRequest = mapping('Push each advice to a separate branch, and open a merge request from it.', {
  kind: word('Software of the Git server.', forgeKinds),
  api: checked(
    'URL of the API for its merge requests: …/repos/OWNER/NAME/pulls, or …/projects/ID/merge_requests of GitLab.',
    phrase('expected.forgeApi'),
    isForgeApi,
  ),
  token: secretText('Token of the API.', phrase('expected.token')).optional(),
  tokenFile: file('File that contains the bearer token.').optional(),
  allow,
});
const git = mapping('Commit a file and push it.', {
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
  path: checked('Path of the file in the repository.', phrase('expected.pathInside'), isInside),
  as,
  author: checked('Author of the commits.', phrase('expected.author'), (value) =>
    /^[^<>\p{Cc}]+ <[^<>\s\p{Cc}]+>$/u.test(value),
  ).prefault('mirrorwatch <mirrorwatch@localhost>'),
  sign: flag('Sign commits with the key in the configuration of Git.').prefault(false),
  allow,
  mergeRequest: mergeRequest.optional(),
});
const http = mapping('Set a value in a configuration store.', {
  url: checked('URL of the request that sets the value.', phrase('expected.url'), isWebhookUrl).meta({
    writeOnly: true,
  }),
  method: word('HTTP method, if `body` is your own text.', ['POST', 'PUT']).prefault('POST'),
  headers,
  body: secretText(
    `With one of the words ${actionStores.join(', ')}, the value in that store is changed by compare-and-set. Any other text is the request body itself. It may contain {{chain}}, {{from}}, {{to}}, {{id}}, {{cause}} and {{upstream}}.`,
    phrase('expected.body'),
  ),
  key: text('The key in etcd whose value is set, with `body: etcd`.', phrase('expected.shortText'), 512).optional(),
  as: as.optional(),
  allow,
});

/** An action has exactly one of these keys. */
export const deedKeys = {
  file: fileDeed.optional(),
  command: list(text('A word.', phrase('expected.shortText')), phrase('expected.listWords'), 100)
    .min(1, errorOf(phrase('expected.listWords')))
    .describe('Run a program, without a shell: its name and arguments.')
    .optional(),
  git: git.optional(),
  http: http.optional(),
};

/** True for a path, `user@host:path`, or an http, ssh or file URL without password or token. */
function isRepository(value: string): boolean {
  if (/[\s\p{Cc}]/u.test(value) || value.startsWith('-') || value.includes('::')) return false;
  if (!value.includes('://')) return true;
  const url = /^(https?|ssh|file):\/\//.test(value) ? URL.parse(value) : null;
  // A user name in an HTTP URL is often a token, and local users can read Git's arguments.
  return url !== null && url.password === '' && (url.protocol === 'ssh:' || url.username === '');
}

/**
 * True for a URL of an API for merge requests. Plain http is allowed only on loopback, because each request carries the
 * token.
 */
function isForgeApi(value: string): boolean {
  const read = baseUrl(value);
  return (
    read?.user === null &&
    (read.url.startsWith('https:') || isLoopback(new URL(read.url).hostname)) &&
    /\/(repos\/[^/]+\/[^/]+\/pulls|projects\/[^/]+\/merge_requests)$/.test(read.url)
  );
}

/**
 * True for a name of up to 100 letters, digits and `_./-` that begins with a letter or digit and fits `git
 * check-ref-format`.
 */
function isBranch(value: string): boolean {
  return /^[A-Za-z0-9][\w./-]{0,99}$/.test(value) && !/\.\.|\/[/.]|\.lock(\/|$)|[/.]$/.test(value);
}

function isInside(value: string): boolean {
  return (
    /^[^\\:\p{Cc}]{1,400}$/u.test(value) &&
    value.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git')
  );
}

type FileDeed = { readonly [Key in keyof typeof deedKeys]?: z.output<(typeof deedKeys)[Key]> };

/** Reads what an action does; `null` after reporting a mistake. */
export function readDeed(path: Path, action: FileDeed, reading: Reading): ActionDeed | null {
  const { file, command, git, http } = action;
  if ([file, command, git, http].filter((one) => one !== undefined).length !== 1)
    return reading.error(path, phrase('expected.oneDeed'), { by: ['file', 'command', 'git', 'http'] });
  if (file !== undefined) return { kind: 'file', path: normalize(reading.resolve(file.path)), as: file.as };
  if (command !== undefined) {
    const [program = '', ...rest] = command;
    const isPath = program.includes('/');
    return {
      kind: 'command',
      argv: [isPath ? reading.resolve(program) : program, ...rest],
      cwd: dirname(reading.resolve('x')),
    };
  }
  if (git !== undefined) {
    const isPath = !git.repository.includes(':');
    return {
      kind: 'git',
      repository: isPath ? reading.resolve(git.repository) : git.repository,
      ...partOf(git, 'branch', 'path', 'as', 'author'),
      isSigned: git.sign,
      allow: git.allow,
      mergeRequest: git.mergeRequest === undefined ? null : forgeOf(path, git.mergeRequest, reading),
    };
  }
  return http === undefined ? null : httpOf(path, http, reading);
}

function forgeOf(path: Path, rule: z.output<typeof mergeRequest>, reading: Reading): ForgeRule | null {
  const at = [...path, 'git', 'mergeRequest'];
  if ((rule.token === undefined) === (rule.tokenFile === undefined))
    reading.error(at, phrase('expected.tokenEither'), { by: ['token', 'tokenFile'] });
  const token = bearerToken(at, rule, null, reading);
  const api = baseUrl(rule.api);
  if (token === null || api === null) return null;
  return { kind: rule.kind, api: api.url, token: new Secret(token), allow: rule.allow };
}

function httpOf(path: Path, written: z.output<typeof http>, report: Report): ActionDeed {
  const store = actionStores.find((one) => one === written.body);
  if ((store === 'etcd') !== (written.key !== undefined))
    report.error([...path, 'http', 'key'], phrase('expected.etcdKey'));
  if (store === undefined && written.as !== undefined)
    report.error([...path, 'http', 'as'], phrase('expected.asStore'));
  checkPlainUrl([...path, 'http', 'url'], written.url, written.headers, report);
  return {
    kind: 'http',
    url: new Secret(written.url),
    method: written.method,
    headers: readHeaders(written.headers) ?? {},
    body: store === undefined ? { template: new Secret(written.body) } : { store },
    key: written.key ?? null,
    as: written.as ?? null,
    allow: written.allow,
  };
}
