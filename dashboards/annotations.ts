import { type AnnotationQuery, AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { source } from './frame.ts';
import { inPlace } from './links.ts';
import { verdict } from './palette.ts';
import type { Selector } from './promql.ts';

interface Marks {
  readonly name: string;
  readonly expr: string;
  readonly color: string;
  readonly title: string;
  readonly text: string;
  readonly tags: string;
}

function marks({ name, expr, color, title, text, tags }: Marks): { build(): AnnotationQuery } {
  const builder = new AnnotationQueryBuilder()
    .name(name)
    .datasource(source)
    .enable(true)
    .hide(false)
    .iconColor(color)
    .expr(expr)
    .titleFormat(title)
    .textFormat(text)
    .tagKeys(tags)
    .step('1m');
  return { build: () => inPlace(builder.build()) };
}

/** Spans over every panel: while a finding was open, and while an advice stood. Grafana joins the points above 0. */
export function annotations(select: Selector): readonly { build(): AnnotationQuery }[] {
  return [
    marks({
      name: 'Findings',
      expr: `max by (registry, kind) (${select('mirror_findings_open', { registry: '!=' })}) > 0`,
      color: verdict.bad,
      title: '{{kind}}: {{registry}}',
      text: 'A finding was open.',
      tags: 'kind,registry',
    }),
    marks({
      name: 'Findings about us',
      expr: `max by (kind) (${select('mirror_findings_open', { kind: '=~vantage|self' })}) > 0`,
      color: verdict.unknown,
      title: '{{kind}}: our own place',
      text: 'During this time the cause may be this daemon or its network.',
      tags: 'kind',
    }),
    marks({
      name: 'Advice',
      expr: `max by (upstream, from, to, cause) (${select('mirror_advice_active')})`,
      color: verdict.watch,
      title: 'Advice: {{from}} → {{to}}',
      text: 'Because of {{cause}}, for clients of {{upstream}}.',
      tags: 'cause',
    }),
  ];
}
