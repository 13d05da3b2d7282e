import type { Manual } from '../ecosystem.ts';

/** The reference page's sections about Go. */
export const goManual: Manual = {
  checks: [
    '`clients.go` is proxies by URL, `direct` or `off`, separated by `,` or `|`; a `;` or a space inside a proxy is a mistake.',
  ],
  sections: [
    {
      title: 'Go: lock files',
      text: `\`{ from: ../app/go.sum, top: 20 }\` takes modules of a go.sum or go.mod; the other of the two beside it is read as well. Order:
direct requirements of the go.mod first, then by how many versions of a module the go.sum names (each is somebody's
requirement), then by name. From a go.sum only modules whose zip it names are taken, at their highest version. Left out, and
listed by \`mirrorwatch check\`: modules that the go.mod replaces (their source is not the upstream), those that \`private.go\`
matches, and entries that are no module and version. Lines of a go.sum that cannot be read are listed with their number (the
first 20) and warned of: each may be a hash that nothing is verified by now. The go.sum's hashes of configured modules are what answers are verified by.`,
    },
    {
      title: 'Go: the checksum database',
      text: `Step \`sumdb\` asks each mirror's relay, and beside it the database itself for its newest head: at the URL of \`go.sumdb\`, or at
the home of a known name. Not beside a mirror on this machine (\`localhost\`, 127.0.0.0/8, \`::1\`) unless the URL is given, nor beside
one with \`tls.pin\` or a client certificate. Of modules only the name of rsc.io/quote is sent there, to see what a lookup costs. Hashes of public modules at a fixed version are looked up
through the relay until they are known, at most 100 in one probe; private ones never.

What a lookup costs a client with an empty cache is shown on the mirror's page, as \`authorityCost\` of \`GET /api/v1/mirrors\` and of a probe,
and by \`mirrorwatch probe NAME --step sumdb\`: requests and waiting beside the module itself, through the relay (\`supported\`, the record and
its tiles, over the connection that there is) and asking the database itself (record and tiles over a connection of their own; a mirror
without a relay leaves clients only this). Tiles count as long as the slowest of them: the go command asks for all at once. With
\`GOSUMDB=off\` it is nothing. A second module costs less: most tiles are known then.`,
    },
    {
      title: 'Go: private modules',
      text: `A module that \`private.go\` matches is asked only of mirrors with a named \`upstream\` other than \`go\`; without one it is not
asked at all, with a warning. Other modules belong to the upstream \`go\`, and to a named upstream that no private module
belongs to.`,
    },
  ],
};
