/** The oldest Node on which this program starts. `engines` in package.json has the versions that are supported. */
const oldest = [22, 19] as const;

/** Returns a sentence if this program does not start on a version of Node; `null`: it starts. */
export function checkNode(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < oldest[0] || (major === oldest[0] && minor < oldest[1]);
  return isOld ? `mirrorwatch needs Node 22.22.2 or later, 24.15 or later, or 26; this is Node ${version}.` : null;
}
