import { dirname, normalize } from 'node:path';
import { type ActionDeed, type ActionRule, actionForms, actionStores, type ForgeRule } from '../core/action.ts';
import { placeOf } from '../core/action-place.ts';
import { adviceCauses } from '../core/advice.ts';
import type { Config } from '../core/config.ts';
import { isCredential, readHeaders } from '../core/headers.ts';
import type { Mirror } from '../core/mirror.ts';
import { Secret } from '../core/secret.ts';
import { baseUrl } from '../core/url.ts';
import type { Registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { isPlainAbroad } from './addresses.ts';
import { bearerToken } from './bearer.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';
import type { FileConfig } from './schema.ts';
import { causeWords, placesIn } from './schema-actions.ts';
import { minuteOf } from './schema-webhook.ts';

type FileAction = FileConfig['onAdvice'][number];

/** The actions under `onAdvice`, with the settings of a pair and of other places; nothing if the file has none. */
export function readActions(
  { onAdvice, fleet, pair, vantage }: FileConfig,
  mirrors: readonly Mirror[],
  registry: Registry,
  reader: Reader,
  report: Report,
): Pick<Config, 'onAdvice' | 'fleet' | 'pair'> {
  const names = new Map<string, string>();
  const found = onAdvice.flatMap((action, at) => {
    const path = ['onAdvice', at];
    if (action.when.places !== undefined && fleet === undefined)
      report.error([...path, 'when', 'places'], phrase('expected.placesFleet'));
    const rule = readAction(path, action, mirrors, reader, report);
    if (rule !== null) checkForm(path, rule, mirrors, registry, report);
    const deed = rule?.deed.kind === 'git' ? { ...rule.deed, mergeRequest: null } : rule?.deed;
    const place = deed === undefined ? null : placeOf(deed);
    if (rule === null || place === null) return rule ?? [];
    const other = names.get(place);
    // An undo restores the whole place: a change by another action would prevent it, or be lost.
    if (other === undefined) names.set(place, rule.name);
    else report.error([...path, rule.deed.kind], phrase('expected.ownPlace', { name: other }));
    return rule;
  });
  // Without etcd it is unknown which daemon of the pair may act, so neither acts.
  const isHeld = pair !== undefined && pair.etcd === undefined;
  if (isHeld && found.some(({ mode }) => mode === 'auto'))
    report.warning(['pair', 'etcd'], phrase('expected.pairEtcd'));
  const rules = isHeld ? found.map((rule): ActionRule => ({ ...rule, mode: 'dry-run' })) : found;
  if (fleet?.headers.some((header) => isCredential(header.split(':', 1)[0] ?? '')) && isPlainAbroad(fleet.store))
    report.error(['fleet', 'store'], phrase('expected.fleetHttps'));
  const [store, etcd] = [fleet?.store, pair?.etcd].map((url) => (url === undefined ? null : baseUrl(url)));
  return {
    ...(rules.length === 0 ? {} : { onAdvice: rules }),
    ...(store == null ? {} : { fleet: { store: store.url, headers: readHeaders(fleet?.headers ?? []) ?? {} } }),
    ...(etcd == null || pair === undefined
      ? {}
      : { pair: { etcd: etcd.url, key: `/mirrorwatch/${vantage}/lease`, leaseMs: pair.lease } }),
  };
}

/** Advice for an upstream has the forms of its clients and of its profile, not those of other ecosystems. */
function checkForm(
  path: Path,
  { deed, targets: [target] }: ActionRule,
  mirrors: readonly Mirror[],
  registry: Registry,
  report: Report,
): void {
  const form = deed.kind === 'command' ? null : deed.as;
  if (form === null || target === undefined) return;
  const clients = registry.of(target.ecosystem)?.clients ?? [];
  const profiles = mirrors.flatMap(({ ecosystem, upstream, own }) =>
    ecosystem === target.ecosystem && upstream === target.upstream ? [String(own?.['profile'])] : [],
  );
  const offered = clients.flatMap(({ forms, profileForms = {} }) => [
    ...forms,
    ...profiles.flatMap((profile) => profileForms[profile] ?? []),
  ]);
  const words = actionForms.filter((one) => offered.includes(one === 'shell' ? 'env' : one));
  if (!words.includes(form))
    report.error(
      [...path, deed.kind, 'as'],
      phrase('expected.actionForm', { upstream: target.upstream, words: words.join(', ') || '–' }),
      { needs: [['mirrors']] },
    );
}

function readAction(
  path: Path,
  action: FileAction,
  mirrors: readonly Mirror[],
  reader: Reader,
  report: Report,
): ActionRule | null {
  const { name, mode, accept, timeout, when } = action;
  const isProposed = action.git?.mergeRequest !== undefined;
  if (accept === true && isProposed) report.error([...path, 'accept'], phrase('expected.noAccept'));
  const deed = deedOf(path, action, reader, report);
  const targets = deed === null ? [] : targetsOf(path, action, mirrors, report);
  const [fromMinute, toMinute] = [minuteOf(when.quiet?.from ?? ''), minuteOf(when.quiet?.to ?? '')];
  if (fromMinute !== null && fromMinute === toMinute)
    report.error([...path, 'when', 'quiet'], phrase('expected.fromToActions'));
  if (deed === null) return null;
  return {
    name,
    targets,
    mode,
    timeoutMs: timeout,
    accepts: accept ?? !isProposed,
    when: {
      causes: adviceCauses.filter((cause) => when.causes === undefined || namesCause(when.causes, cause)),
      confidence: when.confidence,
      perHour: when.perHour,
      perDay: when.perDay,
      quiet: fromMinute === null || toMinute === null ? null : { fromMinute, toMinute, urgent: 'hold' },
      timeZone: when.timeZone ?? 'UTC',
      ...(when.places === undefined ? {} : { places: placesIn(when.places) }),
    },
    deed,
  };
}

function namesCause(words: readonly string[], cause: ActionRule['when']['causes'][number]): boolean {
  return words.includes(cause) || (words.includes('slow') && causeWords.slow.some((one) => one === cause));
}

/** The upstreams of an action; a file, a commit or a key belongs to exactly one. */
function targetsOf(path: Path, { upstream, command }: FileAction, mirrors: readonly Mirror[], report: Report) {
  const all = new Map(mirrors.map((one) => [`${one.ecosystem}/${one.upstream}`, one]));
  const named = [...all.values()]
    .filter((one) => upstream === undefined || one.upstream === upstream || one.ecosystem === upstream)
    .map((one) => ({ ecosystem: one.ecosystem, upstream: one.upstream }));
  if (named.length === 0)
    report.error([...path, 'upstream'], phrase('expected.upstreamMirrors'), { needs: [['mirrors']] });
  else if (named.length > 1 && command === undefined)
    report.error(
      [...path, 'upstream'],
      phrase('expected.upstreamOne', { words: named.map((one) => one.upstream).join(', ') }),
      {
        needs: [['mirrors']],
      },
    );
  return named;
}

function deedOf(path: Path, action: FileAction, reader: Reader, report: Report): ActionDeed | null {
  const { file, command, git, http } = action;
  if ([file, command, git, http].filter((one) => one !== undefined).length !== 1) {
    report.error(path, phrase('expected.oneDeed'), { by: ['file', 'command', 'git', 'http'] });
    return null;
  }
  if (file !== undefined) return { kind: 'file', path: normalize(reader.resolve(file.path)), as: file.as };
  if (command !== undefined) {
    const [program = '', ...rest] = command;
    const isPath = program.includes('/');
    return {
      kind: 'command',
      argv: [isPath ? reader.resolve(program) : program, ...rest],
      cwd: dirname(reader.resolve('x')),
    };
  }
  if (git !== undefined) {
    const isPath = !git.repository.includes(':');
    return {
      kind: 'git',
      repository: isPath ? reader.resolve(git.repository) : git.repository,
      branch: git.branch,
      path: git.path,
      as: git.as,
      author: git.author,
      isSigned: git.sign,
      mergeRequest: git.mergeRequest === undefined ? null : forgeOf(path, git.mergeRequest, reader, report),
    };
  }
  return http === undefined ? null : httpOf(path, http, report);
}

function forgeOf(
  path: Path,
  rule: NonNullable<NonNullable<FileAction['git']>['mergeRequest']>,
  reader: Reader,
  report: Report,
): ForgeRule | null {
  const at = [...path, 'git', 'mergeRequest'];
  if ((rule.token === undefined) === (rule.tokenFile === undefined))
    report.error(at, phrase('expected.tokenEither'), { by: ['token', 'tokenFile'] });
  const token = bearerToken(at, rule, false, reader, report);
  const api = baseUrl(rule.api);
  if (token === null || api === null) return null;
  return { kind: rule.kind, api: api.url, token: new Secret(token), allow: rule.allow };
}

function httpOf(path: Path, http: NonNullable<FileAction['http']>, report: Report): ActionDeed {
  const store = actionStores.find((one) => one === http.body);
  if ((store === 'etcd') !== (http.key !== undefined))
    report.error([...path, 'http', 'key'], phrase('expected.etcdKey'));
  if (store === undefined && http.as !== undefined) report.error([...path, 'http', 'as'], phrase('expected.asStore'));
  return {
    kind: 'http',
    url: new Secret(http.url),
    method: http.method,
    headers: readHeaders(http.headers) ?? {},
    body: store === undefined ? { template: new Secret(http.body) } : { store },
    key: http.key ?? null,
    as: http.as ?? null,
    allow: http.allow,
  };
}
