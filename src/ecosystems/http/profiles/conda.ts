import { phrase } from '../../../words/tell.ts';
import type { Chain } from '../../client.ts';
import { headTextOf } from '../format.ts';
import { headUrlOf, linesBy, type Profile, type ProfileReading, sound, unsound } from '../profile.ts';

const title = phrase('answer.conda');

/**
 * Checks the beginning of a repodata.json. It must be a JSON object. If the object names a platform, the file's folder
 * must have the same name.
 */
function readRepodata(path: string, body: Uint8Array): ProfileReading {
  const text = headTextOf(body);
  if (!/^\s{0,100}\{\s{0,100}"(info|packages|packages\.conda|repodata_version|removed|signatures)"\s{0,10}:/.test(text))
    return unsound(title);
  const [, named] = /"subdir"\s{0,10}:\s{0,10}"([a-z0-9-]{1,40})"/.exec(text) ?? [];
  const folder = path.split('/').at(-2);
  return named === undefined || folder === undefined || named === folder ? sound() : unsound(title);
}

function condarc(chain: Chain): string {
  return `# ~/.condarc\nchannels:\n  - ${headUrlOf(chain)}`;
}

/** For conda, the base URL is the folder that contains the folders of platforms, such as `linux-64`. */
export const conda: Profile = {
  id: 'conda',
  // https://docs.conda.io/projects/conda-build/en/stable/concepts/generating-index.html
  // https://docs.conda.io/projects/conda/en/stable/user-guide/configuration/use-condarc.html
  client: 'conda',
  decodes: true,
  marker: null,
  read: ({ path, body }) =>
    /(^|\/)(current_)?repodata(_from_packages)?\.json$/.test(path) ? readRepodata(path, body) : null,
  lines: linesBy(condarc, phrase('note.condaBelow')),
};
