{{/* Everything is named after the release, so that two releases can stand side by side. */}}
{{- define "web.selector" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: service
{{- end }}

{{- define "web.commonLabels" -}}
app.kubernetes.io/name: web
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "web.labels" -}}
{{ include "web.commonLabels" . }}
app.kubernetes.io/component: service
track: {{ .Values.track }}
{{- end }}

{{- define "web.image" -}}
{{- $image := .Values.image -}}
{{- $reference := $image.reference -}}
{{- if not $reference -}}
{{- $reference = printf "%s@%s" $image.repository (required "image.digest is needed: the service is deployed by digest" $image.digest) -}}
{{- end -}}
{{- if not (regexMatch "@sha256:[0-9a-f]{64}$" $reference) -}}
{{- fail (printf "the image must be given by digest: got %s" $reference) -}}
{{- end -}}
{{- $reference -}}
{{- end }}

{{- define "web.digest" -}}
{{- include "web.image" . | splitList "@" | last -}}
{{- end }}

{{- define "web.databaseUrl" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.database.secretName }}
      key: {{ .Values.database.secretKey }}
{{- end }}

{{- define "web.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "web.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end }}
