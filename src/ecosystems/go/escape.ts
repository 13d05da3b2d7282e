/** The characters allowed in an unescaped path and version. `!` is not allowed, because it is the escape character. */
const pathText = /^[A-Za-z0-9\-._~/]+$/;
const versionText = /^[A-Za-z0-9\-._~+ (){}[\]#$%&=@^,]+$/;

/**
 * Returns the escaped form of a module path: every upper-case letter becomes `!` and its lower-case letter.
 * @returns `null` for an invalid path: it has a disallowed character, an empty element, or an element that begins or
 *          ends with a dot
 * @see docs/protocols/go.md#escaping; golang/mod module/module.go EscapePath
 */
export function escapeModule(path: string): string | null {
  const elements = path.split('/');
  const isSound = elements.every((element) => element !== '' && !element.startsWith('.') && !element.endsWith('.'));
  return pathText.test(path) && isSound ? shout(path) : null;
}

/**
 * Returns the escaped form of a version, branch name or commit hash: every upper-case letter becomes `!` and its
 * lower-case letter.
 * @returns `null` if the text is blank or has a character that is not allowed, such as a slash or `!`
 */
export function escapeVersion(version: string): string | null {
  return versionText.test(version) && version.trim() !== '' ? shout(version) : null;
}

/**
 * Percent-encodes a path as the go command does for module proxies: `!` becomes `%21`, while `+` and `@` are kept. For
 * checksum databases the go command does not do this.
 * @see docs/protocols/go.md#escaping; golang/go net/url shouldEscape, encodePathSegment
 */
export function encodePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~$&+:=@/]/g, (letter) => {
    return `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

function shout(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
