// The rules, alerts and boards of mirrorwatch as a monitoring mixin (https://monitoring.mixins.dev). It imports the files of
// this repository, so install the whole repository: `jb install github.com/OWNER/mirrorwatch@v1.0.0`. For other objectives or
// places print alerts/mirrorwatch.yml anew: `mirrorwatch rules --slo 99.5 --vantages 3`.
local groups = std.parseYaml(importstr '../../alerts/mirrorwatch.yml').groups;
local runbook(url, rule) =
  if url == '' || !std.objectHas(rule, 'annotations') then rule
  else rule { annotations+: { runbook_url: std.strReplace(super.runbook_url, 'docs/runbook.md', url) } };
local only(isWanted, url='') = [
  group { rules: [runbook(url, rule) for rule in super.rules if isWanted(rule)] }
  for group in groups
  if std.length([rule for rule in group.rules if isWanted(rule)]) > 0
];

{
  _config+:: {
    // What `runbook_url` begins with in place of docs/runbook.md.
    runbookUrl: '',
  },
  prometheusAlerts+:: { groups: only(function(rule) std.objectHas(rule, 'alert'), $._config.runbookUrl) },
  prometheusRules+:: { groups: only(function(rule) std.objectHas(rule, 'record')) },
  grafanaDashboards+:: {
    'mirrorwatch-overview.json': import '../../dashboards/overview.json',
    'mirrorwatch-rtt-matrix.json': import '../../dashboards/rtt-matrix.json',
    'mirrorwatch-mirror.json': import '../../dashboards/mirror.json',
    'mirrorwatch-self.json': import '../../dashboards/self.json',
    'mirrorwatch-places.json': import '../../dashboards/places.json',
  },
}
