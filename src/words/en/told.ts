/** Sentences that stages tell in English, to programs too, and what a person reads in their place. */
export const told = {
  'told.relay.checksums': 'the checksum database',
  'told.goproxy.entries': 'proxies by http://, https:// or file:// URL, direct or off, separated by , or |',
  'told.goproxy.none': 'at least one proxy, direct or off',

  'told.expects.goproxy': 'a GOPROXY line',
  'told.expects.registry': "a registry's URL",
  'told.expects.indexes': 'indexes by URL, with spaces between',
  'told.expects.mirrors': 'mirrors by URL, separated by |',
  'told.expects.bases': 'base URLs with spaces between',

  'told.change.kept': "what was before can't be kept there ({code})",
  'told.change.written': "it can't be written ({code})",
  'told.change.gone': 'it is gone since it was changed',
  'told.change.another': 'another file stands in its place',
  'told.change.since': 'it was changed since',
  'told.change.reached': "it can't be reached ({code})",
  'told.change.came': 'it came or went while it was looked at',
  'told.change.leads': 'it leads to {there}, outside {roots}',
  'told.change.regular': 'it is no regular file',
  'told.change.names': 'it has several names (hard links), of which one would be changed',
  'told.change.read': "it can't be read ({code})",
  'told.change.meanwhile': 'it was changed while it was looked at, or is no UTF-8',
  'told.change.dangling': 'it is a link to nothing',
  'told.change.root': 'others than root may write in {folder}, and so root does not: call it as that user',
  'told.change.outside': 'it lies outside {roots}',
} as const;
