{{- define "live-avatar.name" -}}
{{ printf "%s-%s" .root.Release.Name .part | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "live-avatar.selector" -}}
app.kubernetes.io/name: live-avatar
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "live-avatar.labels" -}}
{{ include "live-avatar.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "live-avatar.image" -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "live-avatar.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "live-avatar.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "live-avatar.livekitEnv" -}}
- name: LIVEKIT_URL
  value: {{ .Values.livekit.url | quote }}
- name: LIVEKIT_API_KEY
  valueFrom: { secretKeyRef: { name: {{ .Values.livekit.existingSecret }}, key: LIVEKIT_API_KEY } }
- name: LIVEKIT_API_SECRET
  valueFrom: { secretKeyRef: { name: {{ .Values.livekit.existingSecret }}, key: LIVEKIT_API_SECRET } }
{{- end }}

{{- /* The service section of config, with the defaults of what the chart needs of it. */}}
{{- define "live-avatar.service" -}}
{{- $config := fromYaml .Values.config }}
{{- if or (hasKey $config "Error") (not $config) }}
{{- fail "config is not the text of a realtime.yaml" }}
{{- end }}
{{- merge (get $config "service" | default dict) (dict "max_sessions" 4 "drain_s" 2) | toYaml }}
{{- end }}
