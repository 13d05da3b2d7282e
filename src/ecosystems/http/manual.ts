import type { Manual } from '../ecosystem.ts';

/** What the reference page says of file mirrors beside their keys. */
export const httpManual: Manual = {
  checks: ['A mirror of `http` names its `upstream`: none is public. `clients.http` is base URLs with spaces between.'],
  sections: [
    {
      title: 'Files of any mirror',
      text: `An entry of \`modules.http\` is a path below the base URL, or \`{ upstream, path, expect }\`. A path alone is asked of every
mirror of \`http\`, one with an \`upstream\` of that upstream's: name it where others should not hear of the path. \`get\` reads its first 64 KiB at the canary's pace: a page in
place of a file, first bytes that its ending does not have, and what \`expect\` names (\`bytes\` by \`content-length\`) are
failures. \`whole\` reads all of it, up to 128 MiB, each hour, and checks \`expect.sha256\`; a file below 64 KiB is checked by
\`get\` already.`,
    },
    {
      title: 'Profiles of file mirrors',
      text: `\`profile\` of a mirror says what its well-known files are and whose settings a remedy is for: \`debian\` (apt; \`InRelease\` and
\`Release\` with their dates, \`project/trace/master\`), \`alpine\` (apk; \`APKINDEX.tar.gz\`, \`last-updated\`), \`arch\` (pacman;
\`lastsync\`, databases), \`maven\` (\`maven-metadata.xml\`, \`.pom\`), \`crates\` (cargo; a sparse index), \`rubygems\` (bundler; a
compact index), \`conda\` (conda; the beginning of \`repodata.json\`). \`marker\` asks each half hour for the file that says when a mirror was last brought up to date. Signatures
are left to the package managers.`,
    },
  ],
};
