/**
 * The login of a host in a netrc file. The first entry of a machine wins; what follows `default` is not read, and
 * `macdef` bodies are skipped, as the go command does.
 * @returns `null` where the host has no entry with a login and a password
 * @see protocols.md section 1.5; cmd/go/internal/auth `netrc.go`
 */
export function netrcLogin(
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
