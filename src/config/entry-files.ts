import { gpgvPaths } from '../core/gpgv.ts';
import type { EntryFiles } from '../ecosystems/names.ts';
import type { Path } from './issues.ts';
import type { Reader, Report } from './report.ts';

/** The files that one entry of `modules` names. What reads them reads them when it verifies: they are bytes, not texts. */
export function entryFiles(path: Path, reader: Reader, report: Report): EntryFiles {
  return {
    keyring(keys, name) {
      const at = [...path, ...keys];
      const text = reader.text(at, name);
      if (text === '' || text?.includes('-----BEGIN PGP') === true)
        report.error(at, 'a keyring in binary form, as `gpg --dearmor` makes one');
      else if (text !== null && !gpgvPaths.some((one) => reader.kind(one) === 'file_or_below_file'))
        report.warning(at, 'gpgv on this machine: without it signatures stay unverified, and each answer says so');
      return reader.resolve(name);
    },
  };
}
