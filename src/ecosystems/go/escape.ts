/** The characters of module paths and versions. `!` is not among them, because it is the escape character. */
const pathText = /^[A-Za-z0-9\-._~/]+$/;
const versionText = /^[A-Za-z0-9\-._~+ (){}[\]#$%&=@^,]+$/;

/**
 * The escaped form of a module path: every upper-case letter becomes `!` and its lower-case letter.
 * @returns `null` for an invalid path: another character, an empty element, or one that begins or ends with a dot
 * @see protocols.md 1.2; golang/mod module/module.go EscapePath
 */
export function escapeModule(path: string): string | null {
  const elements = path.split('/');
  const isSound = elements.every((element) => element !== '' && !element.startsWith('.') && !element.endsWith('.'));
  return pathText.test(path) && isSound ? shout(path) : null;
}

/**
 * The escaped form of a version, by the rule of module paths. Also for branch names and hashes, which `.info` accepts.
 * @returns `null` if the version is blank or has another character, such as a slash or `!`
 */
export function escapeVersion(version: string): string | null {
  return versionText.test(version) && version.trim() !== '' ? shout(version) : null;
}

/**
 * Percent-encodes a URL path as the go command does for module paths, but not for those of the checksum database: `!`
 * becomes `%21`; `+` and `@` are kept. Caches and static servers may distinguish the spellings.
 * @see protocols.md 1.2; golang/go net/url shouldEscape, encodePathSegment
 */
export function encodePath(path: string): string {
  return path.replace(/[^A-Za-z0-9\-._~$&+:=@/]/g, (letter) => {
    return `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}

function shout(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
