import type { Manual } from '../ecosystem.ts';

/** What the reference page says of npm beside its keys. */
export const npmManual: Manual = {
  checks: ['`clients.npm` is one registry by URL: npm, pnpm and yarn never go on to another one.'],
  sections: [
    {
      title: 'npm: what is asked',
      text: `\`metadata\` is the short packument, as pnpm and yarn 1 ask it; a registry that sends the full one, or knows only that, is fine.
It tells whether the version is there and whether its \`integrity\` is the lock file's. \`tarball\` asks the packument aside and
then the URL that it names. That URL must lie on the mirror's own host, or on one of \`mirrors[].tarballHosts\`; else the mirror
leads its clients past itself, which fails as \`malformed\` with these words, and nothing is asked there. Bytes are held
against the lock file's \`integrity\`, else against the packument's own, which proves that the mirror agrees with itself. yarn from
2 on minds its own lock file alone: where that does not have a package yet, it installs bytes that are not the packument's.
\`tags\` is the list of dist-tags alone, which some mirrors lack; \`packument\` is the full form, once a day: it may
be long, though npm 11 asks it where no lock file decides, and yarn from 2 on always.`,
    },
    {
      title: 'npm: lock files',
      text: `\`{ from: ../app/package-lock.json, top: 20 }\` takes packages of a package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml or yarn.lock.
Order: what the project itself requires first, then by how many packages require one, then by name. Left out, and listed by
\`mirrorwatch check\`: links, folders and workspaces, what \`private.npm\` matches, and entries whose recorded source is neither
the public registry nor a configured mirror of it. Checksums of yarn from 2 on are of its own archives: they verify nothing here.`,
    },
    {
      title: 'npm: private packages',
      text: `A package that \`private.npm\` matches (a scope such as \`@corp/*\`, or a name with \`*\`) is asked only of mirrors with a named
\`upstream\` other than \`npm\`. Clients keep a private name at home by its scope alone: each needs \`@scope:registry=\` of its own.`,
    },
  ],
};
