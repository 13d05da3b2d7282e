import { join } from 'node:path';
import { isLoopback } from '../../core/addresses.ts';
import { maskText } from '../../core/secret.ts';
import { placeTextOf, type Trap } from '../../core/trap.ts';
import type { SettingPath } from '../../formats/format.ts';
import { toml } from '../../formats/toml.ts';
import type { Say } from '../../words/words.ts';
import { type ChainForms, type NamedMirror, readToml, textsAt } from '../chain-forms.ts';
import {
  type Doctor,
  editOf,
  explainPlainUrl,
  type KnownTraps,
  plainUrlOf,
  readWord,
  removalOf,
  sayTrap,
  trapOf,
} from '../doctor.ts';
import { changeSettings, listRejected, settlingOf } from '../settings-file.ts';
import { checkIndex, sourceName, sparse } from './client.ts';
import { publicCrates } from './context.ts';
import {
  type CargoFound,
  cargoHomeOf,
  cargoSettingOf,
  findCargo,
  isLocalSource,
  replacementOf,
} from './settings-found.ts';

const cargoKinds = {
  'cargo-config-twice': { severity: 'warning', isFixable: false },
  'cargo-offline': { severity: 'error', isFixable: true },
  'cargo-source-missing': { severity: 'error', isFixable: false },
  'cargo-git-index': { severity: 'warning', isFixable: false },
  'cargo-index-plain': { severity: 'warning', isFixable: false },
  'cargo-index-variable': { severity: 'warning', isFixable: false },
} as const satisfies KnownTraps;

type CargoTrap = Trap & { readonly id: keyof typeof cargoKinds };

function findCargoTraps(found: CargoFound, say: Say): readonly CargoTrap[] {
  return [...twice(found, say), ...offline(found, say), ...ofReplacement(found, say)];
}

function twice({ files }: CargoFound, say: Say): readonly CargoTrap[] {
  return files.flatMap(({ file, hidden }) =>
    hidden === null
      ? []
      : [
          sayTrap(
            say,
            'cargo-config-twice',
            [file, hidden].map((one) => ({ file: one, line: null })),
            { hidden, file },
          ),
        ],
  );
}

function offline(found: CargoFound, say: Say): readonly CargoTrap[] {
  const setting = cargoSettingOf(found, ['net', 'offline']);
  if (setting === null || String(setting.value) !== 'true') return [];
  const { place, file, written } = setting;
  const edits = file?.isOfUser === true ? (written?.lines ?? []).map((line) => editOf(line, [])) : [];
  return [trapOf('cargo-offline', say('trap.cargo-offline.what'), [place], [removalOf(place, say)], edits)];
}

function ofReplacement(found: CargoFound, say: Say): readonly CargoTrap[] {
  const replacement = replacementOf(found);
  if (replacement === null) return [];
  const { by, name, index } = replacement;
  if (index === null)
    return isLocalSource(found, name)
      ? []
      : [sayTrap(say, 'cargo-source-missing', [by.place], { name: maskText(name) })];
  const url = String(index.value);
  const plain = url.replace(sparse, '');
  const shown = maskText(url);
  const traps: CargoTrap[] = [];
  if (!sparse.test(url)) traps.push(sayTrap(say, 'cargo-git-index', [index.place], { url: shown }));
  if (/^http:/i.test(plain) && URL.canParse(plain) && !isLoopback(new URL(plain).hostname))
    traps.push(
      trapOf(
        'cargo-index-plain',
        say('trap.cargo-index-plain.what', { url: shown }),
        [index.place],
        [explainPlainUrl('cargo', plainUrlOf(plain), say)],
      ),
    );
  const inFile = cargoSettingOf({ ...found, env: {} }, ['registries', name, 'index']);
  if ('variable' in index.place && inFile !== null && String(inFile.value) !== url) {
    const values = { url: shown, other: maskText(String(inFile.value)) };
    const where = [index.place, inFile.place];
    const what = say('trap.cargo-index-variable.what', values);
    traps.push(trapOf('cargo-index-variable', what, where, [removalOf(index.place, say)]));
  }
  return traps;
}

/** Returns the indexes that the text of a settings file gives sources, those that replace crates.io first. */
function indexesIn(text: string): readonly NamedMirror[] | null {
  const fields = readToml(text);
  if (fields === null) return null;
  const [name = ''] = textsAt(fields, 'source', 'crates-io', 'replace-with');
  const urls = [...textsAt(fields, 'source', name, 'registry'), ...textsAt(fields, 'registries', name, 'index')];
  return urls.filter((url) => sparse.test(url)).map((url) => ({ value: url.replace(sparse, '') }));
}

const cargoForms: ChainForms = {
  files: [{ path: /(?:^|\/)\.cargo\/config(?:\.toml)?$/, lock: /^Cargo\.lock$/, read: indexesIn }],
  keys: /\bCARGO_REGISTRIES_\w+_INDEX\s{0,9}[=:]\s{0,9}["']?sparse\+|(?:(?<=\\n)|(?<![\w.-]))registry\s{0,9}=\s{0,9}\\?["']?sparse\+/g,
  meaningOf: () => 'default',
};

export const cargoDoctor: Doctor = {
  kinds: cargoKinds,
  async examine({ machine }, say) {
    const found = await findCargo(machine);
    return { traps: findCargoTraps(found, say), unchecked: listRejected(found.files, say) };
  },
  async today({ machine }) {
    const index = replacementOf(await findCargo(machine))?.index ?? null;
    const chainOf = (text: string) =>
      checkIndex(text) === null
        ? { text: plainUrlOf(text.replace(sparse, '')), hasCredentials: text.includes('@') }
        : null;
    const chain = index === null || !sparse.test(String(index.value)) ? null : chainOf(String(index.value));
    return {
      chain:
        index === null || chain === null
          ? null
          : { ...chain, place: index.place, isDefault: false, isOfProject: index.file?.isOfUser === false },
      chainOf,
      privatePatterns: [],
    };
  },
  forms: cargoForms,
  async settle({ machine }, remedy, say) {
    const [registry, upstream] = [readWord(remedy['registry']), readWord(remedy['upstream'])];
    const isOff = remedy['http.multiplexing'] === false;
    const isNamed =
      registry !== null && upstream !== null && checkIndex(registry) === null && /^[\w-]+$/.test(upstream);
    if (!isNamed && (registry !== null || !isOff)) return null;
    const source: SettingPath = ['source', 'crates-io', 'replace-with'];
    const ofIndex: readonly (readonly [SettingPath, unknown])[] = !isNamed
      ? []
      : upstream === publicCrates
        ? [
            [source, sourceName],
            [['source', sourceName, 'registry'], registry],
          ]
        : [[['registries', upstream, 'index'], registry]];
    const wanted = [...ofIndex, ...(isOff ? [[['http', 'multiplexing'], false] as const] : [])];
    const found = await findCargo(machine);
    const own = found.files.find(({ isOfUser }) => isOfUser)?.file ?? join(cargoHomeOf(machine), 'config.toml');
    const first = cargoSettingOf(found, source);
    const isAbove = isNamed && upstream === publicCrates && first?.file?.isOfUser === false;
    const notes = isAbove ? [say('settle.wins', { key: source.join('.'), place: placeTextOf(first.place) })] : [];
    return settlingOf([await changeSettings(machine, own, toml, wanted, [])], notes);
  },
  isUsualLock: (name) => name === 'Cargo.lock',
};
