import { budgetOf, type Sizes, slotPercentOf } from '../config/budget.ts';
import { formatIssues, issuesForPrograms } from '../config/format-issues.ts';
import { listKeptBack, listRecipients } from '../config/recipients.ts';
import type { Config } from '../core/config.ts';
import { getOrMake } from '../core/get-or-make.ts';
import { refTextOf } from '../core/mirror.ts';
import { partOf } from '../core/part.ts';
import { printable } from '../core/printable.ts';
import { formatDuration } from '../core/units.ts';
import { expand } from '../daemon/machine.ts';
import { findMissingClients } from '../daemon/missing-clients.ts';
import { readSizes } from '../daemon/sizes.ts';
import { listUnchecked } from '../daemon/unchecked.ts';
import type { Command, Context, ExitCode } from '../terminal/context.ts';
import { builtInSource, type LoadedConfig, load } from '../terminal/load.ts';
import { formatRecipients } from '../terminal/recipients.ts';
import { jsonText, table } from '../terminal/terminal.ts';
import { optionsOf, words } from '../terminal/usage.ts';
import { saySentence } from '../words/tell.ts';
import { english, type Say } from '../words/words.ts';

const options = { ...optionsOf('string', 'config'), ...optionsOf('boolean', 'json') };

/** `mirrorwatch check`: checks the configuration and forecasts the requests to each host, without sending any. */
export const checkCommand: Command = {
  name: 'check',
  usage: 'mirrorwatch check [--config FILE] [--json]',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values } = words(context.argv, options, 0);
    const { terminal } = context;
    const sizesOf = sizesOnce();
    const loaded = await load(context, values.config, { sizes: sizesOf, trustsFound: true });
    if (loaded.tag === 'error') {
      if (values.json)
        terminal.out(
          jsonText({ ok: false, source: loaded.error.source, issues: issuesForPrograms(loaded.error.issues) }),
        );
      else terminal.err(loaded.error.text);
      return 2;
    }
    const found = findingsOf(loaded.value, sizesOf, context.env['PATH'] ?? '');
    if (values.json) terminal.out(jsonText(reportOf(found)));
    else writeReport(found, context);
    return 0;
  },
};

/**
 * Returns a function that reads and caches the stored sizes of responses. The sizes are needed several times while a
 * configuration is loaded, but the state file is read only once.
 */
function sizesOnce(): (config: Config) => Sizes {
  const known = new Map<string, Sizes>();
  return ({ state: { path } }) => getOrMake(known, path, () => readSizes(path));
}

/** A valid configuration, and what `check` reports about it. */
type Found = ReturnType<typeof findingsOf>;

function findingsOf(loaded: LoadedConfig, sizesOf: (config: Config) => Sizes, path: string) {
  const { config } = loaded;
  const targets = expand(config);
  const budget = budgetOf(config, targets, sizesOf(config));
  return {
    ...loaded,
    targets,
    budget,
    unchecked: listUnchecked(config),
    missing: findMissingClients(config, { path }),
  };
}

function reportOf(found: Found): object {
  const { config, targets, unchecked, missing } = found;
  return {
    ok: true,
    source: found.source,
    mirrors: config.mirrors.length,
    targets: targets.length,
    warnings: issuesForPrograms(found.warnings),
    ...partOf(found, 'skippedLockEntries', 'budget'),
    sent: listRecipients(config, targets),
    keptBack: listKeptBack(config),
    unchecked: unchecked.map(({ module: { ecosystem, upstream, module }, sentence }) => {
      return { ecosystem, upstream, module, text: saySentence(sentence, english) };
    }),
    ...(config.clientRuns === undefined ? {} : { missingClients: missing }),
  };
}

function writeReport(found: Found, { terminal, say }: Context): void {
  const { config, warnings, skippedLockEntries, source, targets, unchecked, missing } = found;
  if (warnings.length > 0) terminal.err(formatIssues(warnings, config.path, say));
  terminal.out(
    say('check.head', {
      source: source === builtInSource ? say('load.default') : printable(source),
      mirrors: say('history.mirrors', { count: config.mirrors.length }),
      targets: say('check.targets', { count: targets.length }),
      vantage: config.vantage,
    }),
  );
  terminal.out('');
  for (const line of budgetLines(found, say)) terminal.out(line);
  terminal.out('');
  for (const line of formatRecipients(listRecipients(config, targets), config, say)) terminal.out(line);
  if (unchecked.length > 0) terminal.out('');
  for (const { module, sentence } of unchecked) {
    const { upstream } = module;
    const what = saySentence(sentence, say);
    terminal.out(printable(say('check.unchecked', { module: refTextOf(module), upstream, what })));
  }
  for (const line of clientLines(config, say)) terminal.out(line);
  for (const client of missing) terminal.err(say('check.notInstalled', { client }));
  if (skippedLockEntries.length > 0) {
    terminal.out('');
    terminal.out(say('check.skippedHead'));
    for (const { file, module, version, because } of skippedLockEntries) {
      const entry = version === '' ? module : `${module}@${version}`;
      const why = say(`check.because.${because}`);
      const line = { file, entry, because: why };
      terminal.out(printable(entry === '' ? say('check.skippedLine', line) : say('check.skipped', line)));
    }
  }
}

function budgetLines({ budget }: Found, say: Say): readonly string[] {
  const rows = budget.map((host) => [
    host.host,
    host.requestsPerHour.toFixed(0),
    `${(host.bytesPerHour / 1024 / 1024).toFixed(1)} MiB`,
    say('unit.percent', { value: slotPercentOf(host).toFixed(1) }),
  ]);
  const head = [say('check.host'), say('check.requests'), say('check.bytes'), say('check.slots')];
  const unknown = budget.reduce((sum, { unknownSizes }) => sum + unknownSizes, 0);
  const lines = table(head, rows, new Set([1, 2, 3]));
  return unknown > 0 ? [...lines, say('check.unknownSizes', { count: unknown })] : lines;
}

function clientLines({ clientRuns }: Config, say: Say): readonly string[] {
  if (clientRuns === undefined) return [];
  const { everyMs, pairs, leftOut } = clientRuns;
  const ids = [...new Set(pairs.map(({ client }) => client))];
  return [
    '',
    ids.length === 0 ? say('check.noClients') : say('check.clients', { every: formatDuration(everyMs) }),
    ...ids.map((id) => {
      const registries = pairs.flatMap(({ client, registry }) => (client === id ? [registry] : []));
      return say('check.client', { client: id, registries: registries.join(', ') });
    }),
    ...leftOut.map(({ client, registry, because }) =>
      say('check.clientNot', { client, registry, because: saySentence(because, say) }),
    ),
  ];
}
