import { dirname } from 'node:path';
import { type FileChange, type Machine, placeTextOf } from '../../core/trap.ts';
import { addLines, type Doctor, plainUrlOf, presentOf, readWord, replaceLines } from '../doctor.ts';
import { pypiForms } from './chain-forms.ts';
import { checkIndexes } from './clients.ts';
import { isPage } from './lock-source.ts';
import { pypiLocks } from './locks.ts';
import { findNamedPipFile, findPypi, listUserPipFiles, sortInOrder, userUvFileOf } from './settings-found.ts';
import { findPypiTraps, pypiKinds, urlOf } from './traps.ts';

export const pypiDoctor: Doctor = {
  kinds: pypiKinds,
  examine: async (surroundings, say) => ({ traps: findPypiTraps(await findPypi(surroundings), say), unchecked: [] }),
  async today(surroundings) {
    const found = await findPypi(surroundings);
    const [index] = [...sortInOrder(found, 'pip', 'index-url'), ...sortInOrder(found, 'uv', 'default-index')];
    return {
      chain:
        index === undefined
          ? null
          : {
              text: urlOf(index),
              place: index.place,
              isDefault: false,
              isOfProject: index.level === 'project',
              hasCredentials: /@|\$\{/.test(index.values[0] ?? ''),
            },
      chainOf: (text) =>
        checkIndexes(text) === null ? { text: plainUrlOf(text), hasCredentials: text.includes('@') } : null,
      sources: found.settings
        .filter(({ key }) => indexKeys.includes(key))
        .flatMap(({ key, values }) => (key === 'find-links' ? values.filter(isPage) : values)),
      privatePatterns: [],
    };
  },
  forms: pypiForms,
  async authority(surroundings) {
    const { env } = surroundings.machine;
    const { settings } = await findPypi(surroundings);
    const variable = ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'SSL_CERT_FILE'].find((name) => (env[name] ?? '') !== '');
    const [cert] = sortInOrder({ settings }, 'pip', 'cert');
    const set =
      variable !== undefined
        ? { file: env[variable] ?? '', place: { variable } }
        : cert && { file: cert.values[0] ?? '', place: cert.place };
    return { variable: 'PIP_CERT', isUsed: settings.length > 0, set: set ?? null };
  },
  async settle(surroundings, remedy, say) {
    const [pip, uv] = [readWord(remedy['PIP_INDEX_URL']), readWord(remedy['UV_DEFAULT_INDEX'])];
    if (pip === null || checkIndexes(pip) !== null || uv === null || checkIndexes(uv) !== null) return null;
    const { machine } = surroundings;
    const found = await findPypi(surroundings);
    const [newer, older] = listUserPipFiles(machine);
    const isOlder = (await machine.read(newer)).tag === 'error' && (await machine.read(older)).tag === 'ok';
    const named = await findNamedPipFile(machine);
    const pipFile = named ?? (isOlder ? older : newer);
    const hasNoFile = pipFile === '/dev/null';
    const uvFile = userUvFileOf(machine);
    const hasUv = (await machine.list(dirname(uvFile))).tag === 'ok';
    const above = [...sortInOrder(found, 'pip', 'index-url'), ...sortInOrder(found, 'uv', 'default-index')].filter(
      (one) =>
        !['user', 'global'].includes(one.level) &&
        !('file' in one.place && one.place.file === pipFile) &&
        urlOf(one) !== plainUrlOf(one.client === 'pip' ? pip : uv),
    );
    const wanted = {
      line: `index-url = ${pip}`,
      pattern: /^index[-_]url\s*[=:]/,
      add: (text: string) => inGlobal(text, `index-url = ${pip}`),
    };
    const changes = presentOf([
      hasNoFile ? null : await replaceLines(machine, pipFile, [wanted]),
      hasUv ? await uvChange(machine, uvFile, uv) : null,
    ]);
    const notes = above.map(({ place, key }) => say('settle.wins', { key, place: placeTextOf(place) }));
    if (!hasNoFile) return { changes, notes };
    const off = say('settle.wins', { key: pipFile, place: '$PIP_CONFIG_FILE' });
    return { changes, notes: [off, ...notes], ...(changes.length === 0 && { isForEnvironment: true }) };
  },
  isUsualLock: (name) =>
    pypiLocks.isLock(name) && (!name.endsWith('.txt') || /^requirements([.-][\w.-]+)?\.txt$/.test(name)),
};

/** The keys of settings that name indexes. */
const indexKeys = ['index-url', 'extra-index-url', 'default-index', 'index', 'find-links'];

/** Returns the text of a pip.conf with the line added at the beginning of `[global]`. */
function inGlobal(text: string, line: string): string {
  const found = /^\[global\][^\n]*\n?/m.exec(text);
  if (found === null) return addLines(text, ['[global]', line]);
  const end = found.index + found[0].length;
  return `${addLines(text.slice(0, end), [line])}${text.slice(end)}`;
}

/** Returns the change that sets the default index in a uv.toml; `null`: the file already has this default index. */
async function uvChange(machine: Machine, file: string, url: string): Promise<FileChange | null> {
  const read = await machine.read(file);
  const before = read.tag === 'ok' ? read.text : null;
  const tables = (before ?? '').split(/^(?=[ \t]*\[)/m);
  const isDefault = (table: string): boolean =>
    /^\s*\[\[index\]\]/.test(table) && /^[ \t]*default[ \t]*=[ \t]*true\b/m.test(table);
  const after = tables.some(isDefault)
    ? tables
        .map((one) =>
          isDefault(one) ? one.replace(/^([ \t]*url[ \t]*=[ \t]*).*$/m, (_, key: string) => `${key}"${url}"`) : one,
        )
        .join('')
    : addLines(before ?? '', ['[[index]]', 'name = "mirror"', `url = "${url}"`, 'default = true']);
  return after === before ? null : { file, before, after };
}
