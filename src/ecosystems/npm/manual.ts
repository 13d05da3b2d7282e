import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about npm. */
export const npmManual: Manual = {
  checks: ['`clients.npm` is the URL of one registry: npm, pnpm and yarn never try a second one.'],
  sections: [
    {
      title: 'npm: requests',
      text: `\`metadata\` requests the abbreviated packument, as pnpm and yarn 1 do; a registry may also send the full one.
The step checks that the version exists and that its \`integrity\` is that of the lock file. \`tarball\` requests the packument aside,
then the tarball URL in it. That URL must be on the mirror's own host, or on one of \`mirrors[].tarballHosts\`; otherwise clients
would bypass the mirror, so the probe fails as \`malformed\` and sends no request there. The bytes are verified
with the lock file's \`integrity\` or a signature. Without both they are compared with the packument's \`integrity\`, which only shows that the mirror is consistent. yarn from
version 2 on uses only its own lock file: for a package that is not in it yet, yarn installs bytes that do not match the packument.
\`tags\` requests only the list of dist-tags, which some mirrors lack. \`packument\` requests the full form once a day. It may
be large, but npm 11 requests it if no lock file decides, and yarn from version 2 on always does. From an origin, \`signkeys\` is requested as well.`,
    },
    {
      title: 'npm: signatures',
      text: `Registries sign \`name@version:integrity\`. The signatures of a packument are verified as \`npm audit signatures\` does, with the keys of the
file \`npm.keys\`, else with those that the mirror with \`role: origin\` lists (over https, or on loopback). The key list of another mirror is never
used: a server that forges packuments can forge keys as well. A valid signature verifies the packument's \`integrity\`, and with it the
tarball (\`against: signature\`). The hash is stored, so that mirrors without signatures are verified with it too. If a key signed
other content, the packument is a \`mismatch\`. In all other cases the response is unverified, with the reason: no trusted key is
available, the key is not trusted, there is no signature, the key had expired before publication, or the key has expired
and the time of publication is unknown (abbreviated packuments have none; npm then assumes 2015). The public registry's keys as of
2026 are in [\`examples/npm-keys.json\`](../examples/npm-keys.json): compare them with the list that the registry shows to you.`,
    },
    {
      title: 'npm: lock files',
      text: `\`{ from: ../app/package-lock.json, top: 20 }\` takes packages of a package-lock.json, npm-shrinkwrap.json, pnpm-lock.yaml or yarn.lock.
Order: requirements of the project itself first, then by the number of packages that require a package, then by name. Left out, and listed by
\`mirrorwatch check\`: links, folders and workspaces, packages that \`private.npm\` matches, and entries whose recorded source is neither
the public registry nor a configured mirror of it. Checksums in lock files of yarn from version 2 on are of yarn's own archives, so they verify nothing here.`,
    },
    {
      title: 'npm: private packages',
      text: `A package that \`private.npm\` matches (a scope such as \`@corp/*\`, or a name with \`*\`) is requested only from mirrors with a named
\`upstream\` other than \`npm\`. Clients can keep private names from the public registry only by scope: set \`@scope:registry=\` for each private scope.`,
    },
  ],
};
