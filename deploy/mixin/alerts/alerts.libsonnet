local groups = import '../lib/groups.libsonnet';
{ prometheusAlerts+:: { groups+: groups($._config, function(rule) std.objectHas(rule, 'alert')) } }
