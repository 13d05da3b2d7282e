{
  _config+:: {
    // Matchers for every series that the rules read, such as 'cluster="eu"'; empty: all.
    mirrorwatchSelector: '',
    // The objective: how many percent of a mirror's probes must succeed over 30 days, from 94 to 99.999.
    sloPercent: 99,
    // The number of places where daemons run.
    vantages: 1,
    // What `runbook_url` begins with, before #.
    runbookUrl: (import 'lib/rules.json').runbookUrl,
    // The address of Grafana, before /d/ in `dashboard_url`; empty: only the path, which Grafana itself follows.
    grafanaUrl: '',
    dashboardTags: ['mirrorwatch'],
  },
}
