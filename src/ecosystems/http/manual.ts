import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about file mirrors. */
export const httpManual: Manual = {
  checks: [
    'A mirror of `http` names its `upstream`: there is no public one. `clients.http` is a list of base URLs separated by spaces.',
  ],
  sections: [
    {
      title: 'Files of any mirror',
      text: `An entry of \`modules.http\` is a path below the base URL, or \`{ upstream, path, expect }\`. A path alone is requested from every
mirror of \`http\`; an entry with \`upstream\` only from mirrors of that upstream, so use it for paths that other mirrors should not see. \`get\` reads the first 64 KiB of a file at the canary's pace. It fails if the file is a web
page, if the first bytes do not fit the file extension, or if \`expect\` is not met (\`bytes\` is compared with \`content-length\`).
\`whole\` reads the whole file every hour, up to 500 MiB (128 MiB with \`signedBy\`), and checks \`expect.sha256\`; \`get\` already checks
a file below 64 KiB.`,
    },
    {
      title: 'Files that are signed',
      text: `\`expect: { signedBy: archive.gpg }\` names your own keyring in binary form; keys from a mirror are never
used. The signature is in the file itself (\`InRelease\`) or in a file beside it (\`Release.gpg\`, elsewhere \`<path>.sig\` as in pacman). On
mirrors with \`profile: debian\`, an index below \`dists/<suite>/\` is verified by its size and SHA-256 in the \`InRelease\` there. Files that
are read whole are verified with the machine's \`gpgv\`: in an empty home folder, without the daemon's environment, 10 s at most.
\`check\` warns if there is no \`gpgv\`; our container image has none. A bad signature is a \`mismatch\` with the output of gpgv. The file is unverified, with the reason, if the key is not in the
keyring, has expired or was revoked, if the signature uses SHA-1, or if there is no signature or no gpgv. The file is \`malformed\`, because apt refuses it too, if
its signature cannot be read, if there is text beside the signed message, or if an index has another size than its list says (a mirror during
synchronisation).`,
    },
    {
      title: 'Packages of a Debian archive',
      text: `If an entry with \`signedBy\` is the \`InRelease\` (or \`Release\`) of a suite and the mirror has \`profile: debian\`, \`whole\` also
checks one package of the suite each time. It follows the signed list to one index (\`Packages.gz\` of \`main\` and \`amd64\` if the archive has
them) and takes the next one of up to 200 packages that it chose from the index. Packages larger than 4 MiB are left out. A wrong byte is a \`mismatch\` that
names the package. A package that is missing is \`absent\`, one of another size is \`malformed\`. A package that was wrong is requested again until it is right. The
index is read again when the list has changed, or when all 200 were checked. One package each hour is a sample: an entry with
\`expect.sha256\` checks a certain package each time.`,
    },
    {
      title: 'Profiles of file mirrors',
      text: `\`profile\` of a mirror defines its well-known files and the client that a remedy is for: \`debian\` (apt; \`InRelease\` and
\`Release\` with their dates, \`project/trace/master\`), \`alpine\` (apk; \`APKINDEX.tar.gz\`, \`last-updated\`), \`arch\` (pacman;
\`lastsync\`, databases), \`maven\` (\`maven-metadata.xml\`, \`.pom\`), \`crates\` (cargo; a sparse index), \`rubygems\` (bundler; a
compact index), \`conda\` (conda; the beginning of \`repodata.json\`). \`marker\` requests, every half hour, the file with the time of the mirror's
last synchronisation. Signatures are checked if an entry names a keyring.`,
    },
  ],
};
