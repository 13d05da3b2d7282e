import type { Card } from '../../notify/chat/card.ts';
import { marks } from '../../notify/chat/service.ts';

/** A card as lines for a terminal. */
export function plainCard({ tone, title, sections, link, foot }: Card): string[] {
  const isOne = sections.length === 1;
  return [
    `${marks[tone]} ${title}`,
    ...sections.flatMap((section) => [
      '',
      ...(isOne ? [] : [`${marks[section.tone]} ${section.title} #${section.ref}`]),
      ...(section.code === null
        ? []
        : [section.code.label, ...section.code.text.split('\n').map((line) => `    ${line}`)]),
      ...section.rows.map(({ label, text }) => `${label}: ${text}`),
    ]),
    '',
    ...(link === null ? [] : [`${link.text}: ${link.url}`]),
    foot,
  ];
}
