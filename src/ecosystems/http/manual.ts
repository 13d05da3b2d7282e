import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about file mirrors. */
export const httpManual: Manual = {
  checks: ['A mirror of `http` names its `upstream`: none is public. `clients.http` is base URLs with spaces between.'],
  sections: [
    {
      title: 'Files of any mirror',
      text: `An entry of \`modules.http\` is a path below the base URL, or \`{ upstream, path, expect }\`. A path alone is asked of every
mirror of \`http\`, one with an \`upstream\` of that upstream's: name it where others should not hear of the path. \`get\` reads its first 64 KiB at the canary's pace: a page in
place of a file, first bytes that its ending does not have, and what \`expect\` names (\`bytes\` by \`content-length\`) are
failures. \`whole\` reads all of it, up to 500 MiB (of a file with \`signedBy\` 128 MiB), each hour, and checks \`expect.sha256\`; a file below 64 KiB is checked by
\`get\` already.`,
    },
    {
      title: 'Files that are signed',
      text: `\`expect: { signedBy: archive.gpg }\` names a keyring of yours in binary form; of what a mirror says of keys nothing is
believed. A file is signed in itself (\`InRelease\`), by a file beside it (\`Release.gpg\`, elsewhere \`<path>.sig\` as pacman has it), or, of
mirrors with \`profile: debian\`, as an index below \`dists/<suite>/\` by its size and SHA-256 in the \`InRelease\` there. It is
checked where the whole file was read, by the machine's \`gpgv\`: in an empty home of its own, without our environment, 10 s at most.
\`check\` warns where there is none; our container image has none. A bad signature is a \`mismatch\` with what gpgv said. A key that is not in the
keyring, has expired or was revoked, SHA-1, no signature, no gpgv: unverified, and said so with the answer. A file that no signature
can be read from, one with text beside the signed message, and an index of another size than its list says (a mirror that is being
synchronised) are \`malformed\`, because apt refuses them.`,
    },
    {
      title: 'Packages of a Debian archive',
      text: `Where an entry with \`signedBy\` is the \`InRelease\` (or \`Release\`) of a suite and the mirror has \`profile: debian\`, \`whole\` also
checks one package of the suite each time. It follows the signed list to one index (\`Packages.gz\` of \`main\` and \`amd64\` where the archive has
them) and takes the next one of up to 200 packages that it chose from the index. Packages larger than 4 MiB are left out. A wrong byte is a \`mismatch\` that
names the package. A package that is missing is \`absent\`, one of another size is \`malformed\`. What was wrong is requested again until it is right. The
index is read again when the list has changed, or when all 200 were checked. One package each hour is a sample: an entry with
\`expect.sha256\` checks a certain package each time.`,
    },
    {
      title: 'Profiles of file mirrors',
      text: `\`profile\` of a mirror says what its well-known files are and whose settings a remedy is for: \`debian\` (apt; \`InRelease\` and
\`Release\` with their dates, \`project/trace/master\`), \`alpine\` (apk; \`APKINDEX.tar.gz\`, \`last-updated\`), \`arch\` (pacman;
\`lastsync\`, databases), \`maven\` (\`maven-metadata.xml\`, \`.pom\`), \`crates\` (cargo; a sparse index), \`rubygems\` (bundler; a
compact index), \`conda\` (conda; the beginning of \`repodata.json\`). \`marker\` asks each half hour for the file that says when a mirror
was last brought up to date. Signatures are checked where an entry names a keyring.`,
    },
  ],
};
