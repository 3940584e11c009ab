{{/* The language models: what every one is asked by, and of each provider only what its models need. */}}

{{- define "reviewd.modelEnv" -}}
{{- $models := .Values.dispatcher.models -}}
{{- if $models.offered -}}
{{- $providers := list -}}
{{- range $models.offered }}{{ $providers = append $providers (splitList "/" . | first) }}{{ end -}}
- name: MODELS
  value: {{ join "," $models.offered | quote }}
- name: MODEL_TIMEOUT_SECS
  value: {{ $models.timeoutSecs | quote }}
- name: MODEL_CONCURRENCY
  value: {{ $models.concurrency | quote }}
- name: MODEL_REVIEW_TOKENS
  value: {{ $models.reviewTokens | int64 | quote }}
- name: MODEL_EFFORT
  value: {{ $models.effort | quote }}
- name: MODEL_CONTEXT_TOKENS
  value: {{ if $models.contextTokens }}{{ $models.contextTokens | int64 | quote }}{{ else }}""{{ end }}
{{- if has "anthropic" $providers }}
- name: ANTHROPIC_BASE_URL
  value: {{ $models.baseUrls.anthropic | quote }}
{{ include "reviewd.secret" (list . "dispatcher" "ANTHROPIC_API_KEY") }}
{{- end }}
{{- if has "openai" $providers }}
- name: OPENAI_BASE_URL
  value: {{ $models.baseUrls.openai | quote }}
{{ include "reviewd.secret" (list . "dispatcher" "OPENAI_API_KEY") }}
{{- end }}
{{- if has "google" $providers }}
- name: GOOGLE_GENERATIVE_AI_BASE_URL
  value: {{ $models.baseUrls.google | quote }}
{{ include "reviewd.secret" (list . "dispatcher" "GOOGLE_GENERATIVE_AI_API_KEY") }}
{{- end }}
{{- if has "openai-compatible" $providers }}
- name: OPENAI_COMPATIBLE_BASE_URL
  value: {{ required "dispatcher.models.baseUrls.openaiCompatible is required: an openai-compatible model is offered" $models.baseUrls.openaiCompatible | quote }}
{{ include "reviewd.secret" (list . "dispatcher" "OPENAI_COMPATIBLE_API_KEY" "optional") }}
{{- end }}
{{- end -}}
{{- end -}}
