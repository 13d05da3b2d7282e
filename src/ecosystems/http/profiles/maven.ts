import type { Sentence } from '../../../core/result.ts';
import { failureOf, phrase } from '../../../words/tell.ts';
import type { Chain } from '../../client.ts';
import { compactDate, headTextOf } from '../format.ts';
import { headUrlOf, linesBy, type Profile, type ProfileReading, sound } from '../profile.ts';

/**
 * Returns the name of the first element of an XML text, or `!DOCTYPE`; empty: none. It skips comments and processing
 * instructions.
 */
export function rootNameOf(text: string): string {
  let at = 0;
  for (;;) {
    at = text.indexOf('<', at);
    if (at < 0) return '';
    const isComment = text.startsWith('<!--', at);
    if (!isComment && !text.startsWith('<?', at))
      return /^<(!?[A-Za-z][\w.-]{0,60})/.exec(text.slice(at, at + 64))?.[1] ?? '';
    const [end, length] = isComment ? ['-->', 3] : ['?>', 2];
    at = text.indexOf(String(end), at);
    if (at < 0) return '';
    at += Number(length);
  }
}

function readXml(body: Uint8Array, root: string, title: Sentence): ProfileReading {
  const text = headTextOf(body);
  if (rootNameOf(text) !== root) return { failure: failureOf('wrong_content', title), changedAtMs: null };
  const [, stamp] = /<lastUpdated>(\d{14})<\/lastUpdated>/.exec(text) ?? [];
  return sound(stamp === undefined ? null : compactDate(stamp));
}

function settings(chain: Chain): string {
  return `<!-- ~/.m2/settings.xml -->
<settings>
  <mirrors>
    <mirror>
      <id>mirrorwatch</id>
      <mirrorOf>central</mirrorOf>
      <url>${headUrlOf(chain)}</url>
    </mirror>
  </mirrors>
</settings>`;
}

export const maven: Profile = {
  id: 'maven',
  // https://maven.apache.org/repositories/layout.html
  // https://maven.apache.org/repositories/metadata.html
  // https://maven.apache.org/guides/mini/guide-mirror-settings.html
  client: 'maven',
  decodes: true,
  marker: null,
  read({ path, body }) {
    if (/(^|\/)maven-metadata\.xml$/.test(path)) return readXml(body, 'metadata', phrase('answer.maven'));
    return path.endsWith('.pom') ? readXml(body, 'project', phrase('answer.mavenProject')) : null;
  },
  hasSumBeside: (path) => /\.(?:jar|war|aar|pom|module)$/.test(path) && !path.includes('-SNAPSHOT'),
  lines: linesBy(settings, phrase('note.mavenAll')),
};
