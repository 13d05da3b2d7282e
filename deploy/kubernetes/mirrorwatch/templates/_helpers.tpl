{{- define "mirrorwatch.name" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains "mirrorwatch" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-mirrorwatch" (.Release.Name | trunc 38 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "mirrorwatch.selector" -}}
app.kubernetes.io/name: mirrorwatch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "mirrorwatch.labels" -}}
{{ include "mirrorwatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "mirrorwatch.tokenSecret" -}}
{{ .Values.token.existingSecret | default (printf "%s-token" (include "mirrorwatch.name" .)) }}
{{- end }}

{{/* The places as a JSON list: `full` is the name of what belongs to one, `part` the label that tells it apart. */}}
{{- define "mirrorwatch.places" -}}
{{- $sharded := gt (int .Values.shards) 1 -}}
{{- if and .Values.persistence.existingClaim (or .Values.places $sharded) -}}
{{ fail "persistence.existingClaim is the volume of one daemon: not with places or shards" }}
{{- end -}}
{{- $name := include "mirrorwatch.name" . -}}
{{- if not .Values.config.mirrors }}{{ fail "config.mirrors: name at least one mirror" }}{{ end -}}
{{- $nodes := pick .Values "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" -}}
{{- $all := list -}}
{{- range .Values.places -}}
{{- $config := mergeOverwrite (deepCopy $.Values.config) (dict "vantage" .name) (deepCopy (.config | default dict)) -}}
{{- $full := printf "%s-%s" ($name | trunc 30 | trimSuffix "-") .name -}}
{{- $all = append $all (mergeOverwrite (deepCopy $nodes) (omit . "name") (dict "full" $full "part" .name "config" $config)) -}}
{{- else -}}
{{- $all = append $all (merge (dict "full" $name "part" "" "config" .Values.config) (deepCopy $nodes)) -}}
{{- end -}}
{{ $all | toJson }}
{{- end }}

{{/* Of one place: dict "root" $ "place" $place. */}}
{{- define "mirrorwatch.placeSelector" -}}
{{ include "mirrorwatch.selector" .root }}
{{- with .place.part }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "mirrorwatch.placeLabels" -}}
{{ include "mirrorwatch.labels" .root }}
{{- with .place.part }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{/* Of a place's `config`. */}}
{{- define "mirrorwatch.config" -}}
{{- $state := merge (dict "path" "/data/mirrorwatch.db") (.state | default dict) -}}
{{- $listen := dict "address" "0.0.0.0:10120" "tokenFile" "/run/mirrorwatch/token" -}}
{{ merge (dict "listen" $listen "state" $state) (deepCopy .) | toYaml }}
{{- end }}

{{- define "mirrorwatch.image" -}}
{{ with .Values.image.registry }}{{ . }}/{{ end }}{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "mirrorwatch.claim" -}}
accessModes: [ReadWriteOnce]
{{- with .Values.persistence.storageClass }}
storageClassName: {{ . | quote }}
{{- end }}
resources: { requests: { storage: {{ .Values.persistence.size }} } }
{{- end }}

{{/* "true" where a resource of the Prometheus operator is wanted: dict "root" $ "enabled" auto|true|false. */}}
{{- define "mirrorwatch.hasOperator" -}}
{{- if eq (toString .enabled) "auto" }}{{ .root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}{{ else }}{{ .enabled }}{{ end }}
{{- end }}

{{/* The TCP ports of egress as a JSON list: those of all URLs in the configurations and in `env`, and `egressPorts`. */}}
{{- define "mirrorwatch.egressPorts" -}}
{{- $ports := dict -}}
{{- range .Values.networkPolicy.egressPorts }}{{ $_ := set $ports (toString .) true }}{{ end -}}
{{- $usual := dict "http" "80" "https" "443" "ssh" "22" -}}
{{- $text := list .Values.config .Values.places .Values.env .Values.fleet.store | toJson -}}
{{- range regexFindAll "[a-z]+://[^\"/?#\\s]+" $text -1 -}}
{{- $port := regexFind ":[0-9]+$" . | trimPrefix ":" | default (get $usual (regexFind "^[a-z]+" .)) -}}
{{- with $port }}{{ $_ := set $ports . true }}{{ end -}}
{{- end -}}
{{- range .Values.config.mirrors -}}
{{- with dig "resolve" "server" "" . }}{{ with regexFind "[^:]:[0-9]+$" . }}{{ $_ := set $ports (regexFind "[0-9]+$" .) true }}{{ end }}{{ end -}}
{{- end -}}
{{ keys $ports | sortAlpha | toJson }}
{{- end }}

{{/* Egress of a NetworkPolicy: DNS, and the ports anywhere but the link-local range and the addresses of metadata services. */}}
{{- define "mirrorwatch.egress" -}}
- ports: [{ port: 53, protocol: UDP }, { port: 53, protocol: TCP }]
- ports:
    {{- range include "mirrorwatch.egressPorts" . | fromJsonArray }}
    - { port: {{ . }}, protocol: TCP }
    {{- end }}
  to:
    - ipBlock: { cidr: 0.0.0.0/0, except: [169.254.0.0/16, 100.100.100.200/32] }
    - ipBlock: { cidr: "::/0", except: ["fe80::/10", "fd00:ec2::254/128"] }
{{- with .Values.networkPolicy.extraEgress }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What every pod of the chart has. */}}
{{- define "mirrorwatch.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "mirrorwatch.serviceAccount" . }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "mirrorwatch.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}{{ .Values.serviceAccount.name | default (include "mirrorwatch.name" .) }}{{ else }}{{ .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{/* What every container of the chart has. */}}
{{- define "mirrorwatch.container" -}}
image: {{ include "mirrorwatch.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* Probes of a container that serves /-/ready and /-/healthy: dict "port" "http" "scheme" "HTTP". */}}
{{- define "mirrorwatch.probes" -}}
startupProbe:
  httpGet: { path: /-/ready, port: {{ .port }}, scheme: {{ .scheme }} }
  periodSeconds: 2
  failureThreshold: 30
livenessProbe:
  httpGet: { path: /-/healthy, port: {{ .port }}, scheme: {{ .scheme }} }
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
readinessProbe:
  httpGet: { path: /-/ready, port: {{ .port }}, scheme: {{ .scheme }} }
  periodSeconds: 10
  timeoutSeconds: 5
{{- end }}

{{/* Labels of the front door (`door`) and of the page of all places (`fleet`): dict "root" $ "part" "door" "place" "zone-a".
     Another name than the daemon's, whose selectors cannot change. */}}
{{- define "mirrorwatch.besideSelector" -}}
app.kubernetes.io/name: mirrorwatch-{{ .part }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .place }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "mirrorwatch.besideLabels" -}}
{{ include "mirrorwatch.besideSelector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* The Secret with the token of the front door; empty: it has none, because TLS is enough. */}}
{{- define "mirrorwatch.doorTokenSecret" -}}
{{- if .Values.door.token.existingSecret }}{{ .Values.door.token.existingSecret }}
{{- else if not .Values.door.tlsSecret }}{{ include "mirrorwatch.name" . }}-door-token{{ end }}
{{- end }}

{{/* The configuration of a place with the section `door` that the chart adds: dict "root" $ "place" $place. */}}
{{- define "mirrorwatch.doorConfig" -}}
{{- $values := .root.Values -}}
{{- $listen := dict "address" "0.0.0.0:10121" -}}
{{- if include "mirrorwatch.doorTokenSecret" .root }}{{ $_ := set $listen "tokenFile" "/run/mirrorwatch/door/token" }}{{ end -}}
{{- if $values.door.tlsSecret }}{{ $_ := set $listen "tls" (dict "cert" "/run/mirrorwatch/tls/tls.crt" "key" "/run/mirrorwatch/tls/tls.key") }}{{ end -}}
{{- $daemon := printf "http://%s:%v" .place.full $values.service.port -}}
{{- $door := mergeOverwrite (deepCopy (.place.config.door | default dict)) (dict "listen" $listen "daemon" $daemon) -}}
{{ include "mirrorwatch.config" (mergeOverwrite (deepCopy .place.config) (dict "door" $door)) }}
{{- end }}
