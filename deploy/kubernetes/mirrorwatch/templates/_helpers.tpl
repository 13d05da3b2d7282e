{{- define "mirrorwatch.name" -}}
{{- if contains "mirrorwatch" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-mirrorwatch" (.Release.Name | trunc 38 | trimSuffix "-") }}{{ end }}
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

{{- define "mirrorwatch.config" -}}
{{- $state := merge (dict "path" "/data/mirrorwatch.db") (.Values.config.state | default dict) -}}
{{- $listen := dict "address" "0.0.0.0:10120" "tokenFile" "/run/mirrorwatch/token" -}}
{{ merge (dict "listen" $listen "state" $state) (deepCopy .Values.config) | toYaml }}
{{- end }}
