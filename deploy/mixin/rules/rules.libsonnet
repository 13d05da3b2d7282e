local groups = import '../lib/groups.libsonnet';
{ prometheusRules+:: { groups+: groups($._config, function(rule) std.objectHas(rule, 'record')) } }
