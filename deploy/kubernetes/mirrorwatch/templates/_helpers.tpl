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

{{/* The places as a JSON list: `full` is the name of what belongs to one, `part` the label that tells it apart. */}}
{{- define "mirrorwatch.places" -}}
{{- $sharded := gt (int .Values.shards) 1 -}}
{{- if and .Values.persistence.existingClaim (or .Values.places $sharded) -}}
{{ fail "persistence.existingClaim is the volume of one daemon: not with places or shards" }}
{{- end -}}
{{- $name := include "mirrorwatch.name" . -}}
{{- $nodes := pick .Values "nodeSelector" "tolerations" "affinity" -}}
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
{{ .Values.image.repository }}{{ if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "mirrorwatch.claim" -}}
accessModes: [ReadWriteOnce]
{{- with .Values.persistence.storageClass }}
storageClassName: {{ . | quote }}
{{- end }}
resources: { requests: { storage: {{ .Values.persistence.size }} } }
{{- end }}
