// Boards have variables for the data source, the place and the mirror, so the selector is not in them.
{
  local tags = { tags: $._config.dashboardTags },
  grafanaDashboards+:: {
    'mirrorwatch-overview.json': (import '../../../dashboards/overview.json') + tags,
    'mirrorwatch-rtt-matrix.json': (import '../../../dashboards/rtt-matrix.json') + tags,
    'mirrorwatch-mirror.json': (import '../../../dashboards/mirror.json') + tags,
    'mirrorwatch-self.json': (import '../../../dashboards/self.json') + tags,
    'mirrorwatch-places.json': (import '../../../dashboards/places.json') + tags,
  },
}
