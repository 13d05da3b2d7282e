import type { Machine, SettingPlace } from '../../core/trap.ts';
import type { SetProtection } from '../doctor.ts';
import { type NpmFound, placesOfKey } from './settings-found.ts';

interface Source extends Pick<SetProtection, 'byDefault'> {
  readonly value: unknown;
  readonly place: SettingPlace;
}

/** A value that turns a protection off, such as `0`, `0m` and `false`. */
const off = /^(?:0+(?:\.0+)? ?[a-z]*|false|null|)$/i;

/**
 * Finds the protections that settings and defaults of npm, pnpm, yarn and bun turn on.
 * @see docs/protocols/npm.md#protections
 */
export function findNpmProtections(
  { settings, files, manager }: NpmFound,
  env: Machine['env'],
): readonly SetProtection[] {
  const inNpmrc = (key: string): Source | undefined => placesOfKey(settings, key)[0];
  const inEnv = (name: string): Source | undefined => {
    const [variable, value] = Object.entries(env).find(([key]) => key.toLowerCase() === name) ?? [];
    return variable === undefined ? undefined : { value, place: { variable } };
  };
  const inFile = (name: RegExp, key: string): Source | undefined => {
    const own = files.flatMap((one) => (one !== null && name.test(one.file) ? one.settings : []));
    return own.find(({ path }) => path.join('.') === key);
  };
  const inPnpm = (key: string): Source | undefined =>
    inEnv(`pnpm_config_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`) ??
    inFile(/\/(?:pnpm-workspace|config)\.yaml$/, key);
  const defaultSince = (client: string, major: number, minor: number): Source | undefined => {
    if (manager?.client !== client || manager.major < major) return undefined;
    if (manager.major === major && manager.minor < minor) return undefined;
    return { value: undefined, place: manager.place, byDefault: `${client} ${manager.major}.${manager.minor}` };
  };

  const ofEleven = defaultSince('pnpm', 11, 0);
  const ignoresMissing = inPnpm('minimumReleaseAgeIgnoreMissingTime');
  const isStrict = String(ignoresMissing?.value) === 'false';
  // Only pnpm 11 and later have that setting, so the default age applies.
  const ofStrict = isStrict && ignoresMissing ? { place: ignoresMissing.place, byDefault: 'pnpm 11' } : undefined;
  /** True if pnpm fails without times, and does not skip the check. */
  const isRefused = isStrict || (manager?.client === 'pnpm' && ofEleven === undefined);
  const setTrust = inPnpm('trustPolicy');
  const trust = setTrust?.value === 'no-downgrade' ? setTrust : undefined;
  const rows: readonly (readonly [name: string, source: Partial<Source> | undefined])[] = [
    ['npm-release-age', inNpmrc('min-release-age') ?? inNpmrc('before')],
    [isRefused ? 'pnpm-release-age-strict' : 'pnpm-release-age', inPnpm('minimumReleaseAge') ?? ofEleven ?? ofStrict],
    // Only pnpm up to 10 reads this setting, and it fails without a time.
    ['pnpm-release-age-strict', ofEleven === undefined ? inNpmrc('minimum-release-age') : undefined],
    ['pnpm-trust', trust],
    ['pnpm-trust-strict', isRefused ? trust : undefined],
    [
      'yarn-release-age',
      inEnv('yarn_npm_minimal_age_gate') ??
        inFile(/\/\.yarnrc\.yml$/, 'npmMinimalAgeGate') ??
        defaultSince('yarn', 4, 15),
    ],
    ['bun-release-age', inFile(/bunfig\.toml$/, 'install.minimumReleaseAge')],
  ];
  const found = rows.flatMap(([name, source]): SetProtection[] => {
    if (source?.place === undefined || off.test(String(source.value))) return [];
    const { place, byDefault } = source;
    return [byDefault === undefined ? { name, place } : { name, place, byDefault }];
  });
  return found.filter(({ name }, at) => found.findIndex((one) => one.name === name) === at);
}
