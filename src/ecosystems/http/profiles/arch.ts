import { phrase } from '../../../words/tell.ts';
import type { Chain } from '../../client.ts';
import { headTextOf, parseEpochSeconds, startsWith } from '../format.ts';
import { linesBy, type Profile, sound, unsound } from '../profile.ts';

/** The first bytes of gzip, Zstandard and xz. */
const packed = ['1f8b', '28b52ffd', 'fd377a585a00'];

function mirrorlist({ members }: Chain): string {
  const servers = members.map(({ plain }) => `Server = ${plain.replace(/(?<!\/)\/+$/, '')}/$repo/os/$arch`);
  return ['# /etc/pacman.d/mirrorlist', ...servers].join('\n');
}

export const arch: Profile = {
  id: 'arch',
  // https://wiki.archlinux.org/title/DeveloperWiki:NewMirrors
  // https://man.archlinux.org/man/pacman.conf.5
  client: 'pacman',
  verifiesBytes: true,
  offersHttp2: true,
  decodes: false,
  marker: { path: 'lastsync', read: parseEpochSeconds },
  read({ path, body }) {
    if (/(^|\/)(lastsync|lastupdate)$/.test(path)) {
      const ms = parseEpochSeconds(headTextOf(body));
      return ms === null ? unsound(phrase('answer.seconds')) : sound(ms);
    }
    if (!/\.(db|files)$/.test(path)) return null;
    return packed.some((hex) => startsWith(body, hex)) ? sound() : unsound(phrase('answer.database'));
  },
  lines: linesBy(mirrorlist, phrase('note.pacmanOrder')),
};
