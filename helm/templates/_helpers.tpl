{{/* Names, labels and the parts of a pod that every role has alike. What differs is in the role's own folder. */}}

{{- define "reviewd.fullname" -}}
{{- if contains "reviewd" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-reviewd" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* (root, role) → name of what belongs to a role */}}
{{- define "reviewd.name" -}}
{{- $root := index . 0 -}}{{- $role := index . 1 -}}
{{- printf "%s-%s" (include "reviewd.fullname" $root) $role -}}
{{- end -}}

{{/* (root, role) → the labels that select its pods; they never change */}}
{{- define "reviewd.selector" -}}
{{- $root := index . 0 -}}{{- $role := index . 1 -}}
app.kubernetes.io/name: reviewd
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ $role }}
{{- end -}}

{{/* (root, role) */}}
{{- define "reviewd.labels" -}}
{{- $root := index . 0 -}}
{{ include "reviewd.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end -}}

{{- define "reviewd.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The pod's own settings: no service account token, not root, and where it may run. */}}
{{- define "reviewd.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* (root, role) → pods on different nodes where there are several */}}
{{- define "reviewd.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "reviewd.selector" . | nindent 8 }}
{{- end -}}

{{/* (root, role) → image, argument and confinement of the one container */}}
{{- define "reviewd.container" -}}
{{- $root := index . 0 -}}{{- $role := index . 1 -}}
name: {{ $role }}
image: {{ include "reviewd.image" $root }}
imagePullPolicy: {{ $root.Values.image.pullPolicy }}
args: [{{ $role }}]
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources:
  {{- toYaml (index $root.Values $role).resources | nindent 2 }}
volumeMounts:
  - name: tmp
    mountPath: /tmp
{{- end -}}

{{/* size → the only place that can be written to; programs in it must be able to run: embedded parsers are loaded from it */}}
{{- define "reviewd.volumes" -}}
volumes:
  - name: tmp
    emptyDir:
      sizeLimit: {{ . }}
{{- end -}}

{{- define "reviewd.probes" -}}
livenessProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: metrics }
  periodSeconds: 5
  timeoutSeconds: 5
startupProbe:
  httpGet: { path: /healthz, port: metrics }
  periodSeconds: 2
  failureThreshold: 30
{{- end -}}

{{/* (root, role, variable, optional) → a variable from the role's own Secret */}}
{{- define "reviewd.secret" -}}
{{- $root := index . 0 -}}{{- $role := index . 1 -}}{{- $name := index . 2 -}}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ (index $root.Values $role).secretName }}
      key: {{ $name }}
      {{- if gt (len .) 3 }}
      optional: true
      {{- end }}
{{- end -}}

{{/* What every role that stays up is told. */}}
{{- define "reviewd.env" -}}
- name: LOG_LEVEL
  value: {{ .Values.logLevel | quote }}
- name: METRICS_PORT
  value: "9090"
{{- end -}}

{{/* Which GitHub, and as which App. */}}
{{- define "reviewd.githubEnv" -}}
- name: GITHUB_API_URL
  value: {{ .Values.github.apiUrl | quote }}
- name: GITHUB_APP_ID
  value: {{ required "github.appId is required: the numeric id of the GitHub App" .Values.github.appId | int64 | quote }}
{{- end -}}

{{/* For the roles that make tasks and owners. */}}
{{- define "reviewd.intakeEnv" -}}
- name: OWNER_MAX_RUNNING
  value: {{ .Values.ownerMaxRunning | quote }}
- name: TASK_MAX_ATTEMPTS
  value: {{ .Values.taskMaxAttempts | quote }}
{{- end -}}

{{/* (root, role) → only the metrics port, and only for whom it is opened */}}
{{- define "reviewd.metricsIngress" -}}
{{- with .Values.networkPolicy.metricsFrom }}
- from:
    {{- toYaml . | nindent 4 }}
  ports:
    - port: metrics
{{- end }}
{{- end -}}
