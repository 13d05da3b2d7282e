import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about npm. */
export const npmManual: Manual = {
  checks: ['`clients.npm` is one registry by URL: npm, pnpm and yarn never go on to another one.'],
  sections: [
    {
      title: 'npm: what is asked',
      text: `\`metadata\` is the short packument, as pnpm and yarn 1 ask it; a registry that sends the full one, or knows only that, is fine.
It tells whether the version is there and whether its \`integrity\` is the lock file's. \`tarball\` asks the packument aside and
then the URL that it names. That URL must lie on the mirror's own host, or on one of \`mirrors[].tarballHosts\`; else the mirror
leads its clients past itself, which fails as \`malformed\` with these words, and nothing is asked there. Bytes are held
against the lock file's \`integrity\` and what is signed, else against the packument's own, which proves that the mirror agrees with itself. yarn from
2 on minds its own lock file alone: where that does not have a package yet, it installs bytes that are not the packument's.
\`tags\` is the list of dist-tags alone, which some mirrors lack; \`packument\` is the full form, once a day: it may
be long, though npm 11 asks it where no lock file decides, and yarn from 2 on always. An origin is asked for \`signkeys\` as well.`,
    },
    {
      title: 'npm: signatures',
      text: `Registries sign \`name@version:integrity\`. The signatures of a packument are judged as \`npm audit signatures\` does, by keys of the
file \`npm.keys\`, else by those that the mirror with \`role: origin\` lists (by https, or on loopback). A mirror's own list is never
asked for: whoever makes up packuments makes up keys. A right signature verifies the packument's \`integrity\`, and through it the
tarball (\`against: signature\`); the hash is remembered, so that mirrors that pass no signatures on are held to it too. A key that
signed something else is a \`mismatch\` of the packument. All the rest is unverified, and said so with the answer: no trusted key at
hand, a key that is none of the trusted ones, no signature, a key that had expired before publication, or one that has expired
where no time of publication is told (npm takes 2015 for it then; short packuments tell none). The public registry's keys as of
2026 stand in [\`examples/npm-keys.json\`](../examples/npm-keys.json): compare them with what it lists to you.`,
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
