import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about container registries. */
export const ociManual: Manual = {
  checks: [
    '`clients.oci` is mirrors by URL in the order of the client, separated by `|`, with `direct` (the registry itself) last or left out.',
  ],
  sections: [
    {
      title: 'Images and their registries',
      text: `The host that an image begins with is its upstream, \`docker.io\` where none is written (\`alpine\` is \`docker.io/library/alpine\`); a
mirror of it says \`upstream: docker.io\` and is asked for nothing else. Beside a digest a tag is dropped. Images by digest are
verified; of a tag only the digests that mirrors give can be compared. There is no lock file of images: the digest in an entry is
the lock, and there is no \`private.oci\`: an image is asked of mirrors of its own registry, and of no others.

A registry on a port of its own is named with it, as an upstream too (\`upstream: registry.example.com:5000\`).

A mirror's \`url\` is what \`/v2/\` stands behind. Where \`v2\` is part of its path (\`https://harbor.example.com/v2/docker-hub\`, a
project that is a mirror) it is the root itself, as with containerd's \`override_path\`.

\`digest\` is a HEAD, which takes nothing of Docker Hub's quota; each \`manifest\` and each \`blob\` of one image takes one or two of its
100 pulls in six hours. Tokens are fetched as nobody in particular unless the token server is the mirror's own host or stands in
\`auth.hosts\`, and kept for four fifths of their life. Over http they are sent on this machine alone.`,
    },
  ],
};
