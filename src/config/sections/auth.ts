import { z } from 'zod';
import { hostAndPort, isPlainAbroad } from '../../core/addresses.ts';
import type { Auth } from '../../core/mirror.ts';
import { Secret } from '../../core/secret.ts';
import type { SplitUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import { checked, errorOf, file, isHostName, list, mapping, secretText, text } from '../fields.ts';
import type { Path, Reading } from '../reading.ts';

export const authKey = mapping(
  'Credentials: a user name and password, a token, or netrc. They are never sent over http://, except to loopback.',
  {
    username: text('User name for basic auth.', phrase('expected.userName')).optional(),
    password: secretText('Password for basic auth.', phrase('expected.passwordQuotes')).optional(),
    passwordFile: file('File that contains the password.').optional(),
    token: secretText('Bearer token, in place of user name and password.', phrase('expected.token')).optional(),
    tokenFile: file('File that contains the bearer token.').optional(),
    netrc: z
      .union([
        file("A netrc file; the entry of the mirror's host is used."),
        z.literal(true, errorOf(phrase('expected.trueOrPath'))),
      ])
      .describe(
        'Path of a netrc file; `true`: the file in `$NETRC`, else `~/.netrc`. The first entry for the host is used.',
      )
      .optional(),
    hosts: list(checked('', phrase('expected.hostPort'), isHostPort), phrase('expected.listHosts'), 64)
      .describe('Other hosts to which the credentials of this mirror may be sent, such as a token server.')
      .prefault([]),
  },
).optional();

/** True for a host as URLs write it (IPv6 in brackets), with or without a port. */
function isHostPort(value: string): boolean {
  const host = hostAndPort(value)?.host ?? '';
  return host.includes(':') ? value.startsWith('[') : isHostName(host);
}

type FileAuth = NonNullable<z.output<typeof authKey>>;

/**
 * Reads a mirror's credentials. Over plain HTTP they are reported and dropped, except on loopback.
 * @param path  the path of the mirror in the configuration
 */
export function readAuth(path: Path, written: FileAuth | undefined, split: SplitUrl, reading: Reading): Auth | null {
  const named = written === undefined ? null : fromAuth([...path, 'auth'], written, split.url, reading);
  if (written !== undefined && split.user !== null) {
    reading.error([...path, 'auth'], phrase('expected.authUserInfo'), {
      by: [],
      needs: [[...path, 'url']],
    });
  }
  const user = split.user;
  const auth: Auth | null =
    named ??
    (user === null ? null : { scheme: 'basic', username: user.username, secret: new Secret(user.password), hosts: [] });
  if (auth === null || !isPlainAbroad(split.url)) return auth;
  reading.warning([...path, 'url'], phrase('expected.httpsCredentials'));
  return null;
}

function fromAuth(path: Path, auth: FileAuth, url: string, reading: Reading): Auth | null {
  const given = formKeys.filter((key) => auth[key] !== undefined);
  const forms = new Set(given.map((key) => (/^(username|password)/.test(key) ? 'basic' : key)));
  if (forms.size !== 1)
    return reading.error(path, phrase('expected.oneOfWith'), { by: forms.size > 1 ? given : formKeys });
  const { hosts } = auth;
  if (forms.has('netrc')) return fromNetrc(path, auth, url, reading);
  if (!forms.has('basic')) {
    const at = [...path, auth.tokenFile === undefined ? 'token' : 'tokenFile'];
    const token = auth.tokenFile === undefined ? auth.token : reading.secret(at, auth.tokenFile);
    if (token == null) return null;
    // Node may refuse other characters in a header. Then no probe could send a request.
    if (!/^[\x21-\x7e]+$/.test(token)) reading.error(at, phrase('expected.tokenAscii'));
    return { scheme: 'bearer', username: '', secret: new Secret(token), hosts };
  }
  const { username, password, passwordFile } = auth;
  if (username === undefined || (password === undefined) === (passwordFile === undefined)) {
    const isTwice = password !== undefined && passwordFile !== undefined;
    return reading.error(path, phrase('expected.passwordEither'), {
      by: isTwice ? ['password', 'passwordFile'] : ['username', 'password', 'passwordFile'],
    });
  }
  const secret = passwordFile === undefined ? password : reading.secret([...path, 'passwordFile'], passwordFile);
  return secret == null ? null : { scheme: 'basic', username, secret: new Secret(secret), hosts };
}

const formKeys = ['username', 'password', 'passwordFile', 'token', 'tokenFile', 'netrc'] as const;

function fromNetrc(path: Path, auth: FileAuth, url: string, reading: Reading): Auth | null {
  const { NETRC, HOME } = reading.env;
  const usual = NETRC !== undefined && NETRC !== '' ? NETRC : HOME === undefined ? null : `${HOME}/.netrc`;
  const name = typeof auth.netrc === 'string' ? auth.netrc : usual;
  if (name === null) return reading.error([...path, 'netrc'], phrase('expected.home'));
  const text = reading.text([...path, 'netrc'], name);
  if (text === null) return null;
  const host = new URL(url).hostname;
  const login = findNetrcLogin(text, host);
  if (login !== null)
    return { scheme: 'basic', username: login.username, secret: new Secret(login.password), hosts: auth.hosts };
  return reading.error([...path, 'netrc'], phrase('expected.netrc', { host }), {
    needs: [[...path.slice(0, -1), 'url']],
  });
}

/**
 * Returns the login of a host in a netrc file, read as the go command reads it; `null`: the file has no login for the
 * host.
 * @see docs/protocols/go.md#credentials; cmd/go/internal/auth `netrc.go`
 */
export function findNetrcLogin(
  text: string,
  host: string,
): { readonly username: string; readonly password: string } | null {
  let machine: string | null = null;
  let login: string | null = null;
  let password: string | null = null;
  let inMacro = false;
  for (const line of text.split('\n')) {
    if (inMacro) {
      inMacro = line.trim() !== '';
      continue;
    }
    const words = line.split(/\s+/).filter((word) => word !== '');
    for (let at = 0; at < words.length; at += 2) {
      const value = words[at + 1] ?? '';
      if (words[at] === 'default') return null;
      if (words[at] === 'macdef') {
        inMacro = true;
        break;
      }
      if (words[at] === 'machine') [machine, login, password] = [value, null, null];
      if (words[at] === 'login') login = value;
      if (words[at] === 'password') password = value;
      if (machine === host && login !== null && password !== null) return { username: login, password };
    }
  }
  return null;
}
