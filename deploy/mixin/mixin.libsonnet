// The rules, alerts and boards of mirrorwatch as a monitoring mixin (https://monitoring.mixins.dev). The boards are those of
// dashboards/, so install the whole repository: `jb install github.com/OWNER/mirrorwatch@v1.0.0`.
(import 'config.libsonnet') +
(import 'alerts/alerts.libsonnet') +
(import 'rules/rules.libsonnet') +
(import 'dashboards/dashboards.libsonnet')
