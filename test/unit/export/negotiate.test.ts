import { expect, test } from 'vitest';
import { negotiate } from '../../../src/export/negotiate.ts';

const om = 'application/openmetrics-text';

test.each([
  { name: 'no header', accept: undefined, format: 'text' },
  { name: 'an empty header', accept: '', format: 'text' },
  { name: 'a wildcard', accept: '*/*', format: 'text' },
  { name: 'a browser', accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', format: 'text' },
  {
    name: 'Prometheus 2',
    accept: `${om};version=1.0.0,${om};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
    format: 'openmetrics',
  },
  {
    name: 'Prometheus 3',
    accept: `${om};version=1.0.0;escaping=allow-utf-8;q=0.5,${om};version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1`,
    format: 'openmetrics',
  },
  { name: 'OpenMetrics without a version', accept: om, format: 'openmetrics' },
  {
    name: 'another case and a quoted version',
    accept: 'Application/OpenMetrics-Text; Version="1.0.0"',
    format: 'openmetrics',
  },
  { name: 'a version that we do not speak', accept: `${om};version=0.0.1`, format: 'text' },
  { name: 'both alike: OpenMetrics has the exemplars', accept: `text/plain;q=0.5,${om};q=0.5`, format: 'openmetrics' },
  { name: 'text more gladly', accept: `text/plain;q=0.6,${om};q=0.5`, format: 'text' },
  { name: 'OpenMetrics refused', accept: `${om};q=0`, format: 'text' },
  { name: 'a malformed weight', accept: `${om};q=high`, format: 'text' },
  { name: 'a weight above 1', accept: `${om};q=2`, format: 'text' },
] as const)('$name gets $format', ({ accept, format }) => expect(negotiate(accept)).toBe(format));

const proto = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

test.each([
  {
    name: 'Prometheus 2.42 with native histograms',
    accept: `${proto},${om};version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5`,
    format: 'protobuf',
  },
  { name: 'protobuf with spaces', accept: proto.replaceAll(';', '; '), format: 'protobuf' },
  { name: 'protobuf with a lower weight', accept: `${proto};q=0.4,text/plain;q=0.5`, format: 'text' },
  { name: 'protobuf refused', accept: `${proto};q=0`, format: 'text' },
  { name: 'another encoding', accept: proto.replace('delimited', 'text'), format: 'text' },
  { name: 'another message', accept: proto.replace('MetricFamily', 'Metric'), format: 'text' },
  { name: 'no header', accept: undefined, format: 'text' },
] as const)('where protobuf is offered, $name gets $format', ({ accept, format }) =>
  expect(negotiate(accept, true)).toBe(format),
);

test('protobuf is not offered by default', () => expect(negotiate(`${proto},${om};q=0.8`)).toBe('openmetrics'));
