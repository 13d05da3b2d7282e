import type { Sentence } from '../../../core/sentence.ts';
import { failureOf } from '../../../words/failure.ts';
import { phrase } from '../../../words/tell.ts';
import type { Chain } from '../../client.ts';
import { compactDate } from '../dates.ts';
import { headText } from '../format.ts';
import { headUrl, type Profile, type Reading, sound } from '../profile.ts';

/** The name of the outermost element of a document, comments and declarations left out; empty where there is none. */
export function rootName(text: string): string {
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

function readXml(body: Uint8Array, root: string, title: Sentence): Reading {
  const text = headText(body);
  if (rootName(text) !== root) return { failure: failureOf('wrong_content', title), changedAtMs: null };
  const [, stamp] = /<lastUpdated>(\d{14})<\/lastUpdated>/.exec(text) ?? [];
  return sound(stamp === undefined ? null : compactDate(stamp));
}

function settings(url: string): string {
  return `<!-- ~/.m2/settings.xml -->
<settings>
  <mirrors>
    <mirror>
      <id>mirrorwatch</id>
      <mirrorOf>central</mirrorOf>
      <url>${url}</url>
    </mirror>
  </mirrors>
</settings>`;
}

/** Maven repositories. */
export const maven: Profile = {
  id: 'maven',
  title: 'a Maven repository',
  spec: [
    'https://maven.apache.org/repositories/layout.html',
    'https://maven.apache.org/repositories/metadata.html',
    'https://maven.apache.org/guides/mini/guide-mirror-settings.html',
  ],
  client: 'maven',
  decodes: true,
  marker: null,
  read({ path, body }) {
    if (/(^|\/)maven-metadata\.xml$/.test(path)) return readXml(body, 'metadata', phrase('answer.maven'));
    return path.endsWith('.pom') ? readXml(body, 'project', phrase('answer.mavenProject')) : null;
  },
  lines: (before: Chain, after: Chain) => ({
    text: settings(headUrl(after)),
    rollback: settings(headUrl(before)),
    notes: [phrase('note.mavenAll')],
  }),
};
