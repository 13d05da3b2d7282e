/**
 * Rows in which the probe ends otherwise than the clients, with the reason. docs/verified-content.md has the same table,
 * and a test compares both.
 */
export const differs: Readonly<Record<string, string>> = {
  'go list: a page of HTML': 'go ignores it and requests @latest; the login page of a network looks the same',
  'go list: gzip, not announced': 'go finds no version in it and requests @latest; the list is lost for every client',
  'go list: a version with build metadata': 'go selects this version, and then does not find it; the daemon ignores it',
  'go mod: another module': 'a fork that is used through `replace` has the path of another module',
  'go zip: byte order mark': 'go accepts bytes before the first file; no proxy is known to send them',
  'go zip: one byte before': 'go accepts bytes before the first file; no proxy is known to send them',
  'npm packument: no hash': 'yarn 1 alone refuses it',
  'npm packument: a wrong md5 as integrity': 'npm and pnpm read MD5, which no registry sends; the daemon does not',
  'npm packument: a wrong shasum beside integrity': 'yarn 1 alone compares both hashes',
  'npm packument: no version in the manifest':
    'npm, pnpm and yarn 1 refuse it; yarn 4 does not, and no registry leaves it out',
  'npm packument: no name in the manifest': 'pnpm 12 and yarn 1 refuse it; npm, pnpm 10 and yarn 4 do not',
  'npm packument: a member twice': 'pnpm 12 alone refuses it; for the others the last one counts',
  'npm packument: dependencies as a list': 'pnpm 12 alone refuses it',
  'npm packument: two hashes in integrity': 'pnpm 10 alone does not read several hashes',
  'npm packument: integrity with options': 'pnpm alone refuses options, which no registry sends',
  'npm packument: time null': 'yarn 4 alone refuses it',
  'npm packument: dist-tags with a number': 'pnpm 12 alone refuses it',
  'npm packument: another version in the manifest': 'pnpm 12 alone refuses it',
  'npm packument: dependencies with a number': 'npm, pnpm 10 and yarn 1 refuse it, pnpm 12 and yarn 4 do not',
  'npm packument: integrity empty': 'pnpm 12 alone refuses it',
  'npm packument: modified as a number': 'pnpm 12 and yarn 4 refuse it; no registry writes a number',
  'npm packument: scripts null': 'npm alone refuses it',
  'npm tarball: status 201': 'pnpm 10 alone refuses it',
  'npm tarball: status 203': 'pnpm 10 alone refuses it',
  'npm tarball: status 206 without a range': 'pnpm 10 alone refuses it',
  'npm tarball: gzip, announced': 'pnpm 10 alone does not decode it',
  'pypi json: API version 2.0':
    'files of a later major version may have another meaning; PEP 629 tells clients to refuse it',
  'pypi json: a file of another project beside': 'uv fails only if this file has the selected version',
  'pypi json: project-status as a text': 'uv alone refuses it; pip does not read this member',
  'pypi json: size as 1e3': 'uv alone refuses this form of a number, which no index writes',
  'pypi json: files twice': 'uv alone refuses it; for pip the last one counts',
  'pypi html: a wrong hash of the metadata': 'pip alone uses a hash of another length; uv and the daemon ignore it',
  'pypi json: a wrong fragment in the URL': 'pip alone compares it; no index writes a fragment in JSON',
  'pypi html: blanks around the link': 'clients read the blanks as a part of the hash; the daemon does not',
  'pypi html: API version 2.0':
    'files of a later major version may have another meaning; PEP 629 tells clients to refuse it',
  'oci challenge: Negotiate before Bearer':
    'clients read one challenge in each header line, and the daemon sees the lines joined',
  'oci index: another platform':
    'the daemon then checks the image of another platform, because the mirror is what it judges',
  'oci api: a page of HTML': 'clients do not read this body; a web server that serves every path is no registry',
};
