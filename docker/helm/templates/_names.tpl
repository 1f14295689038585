{{- /* Rendered by buildgraph from manifests/: what is edited here is lost. `buildgraph render` writes it anew. */}}
{{- define "manacore.config" -}}
{{- $told := "" -}}
{{- range $name, $value := .config -}}
{{- $told = printf "%s%s\x00%v\x00\x00" $told $name $value -}}
{{- end -}}
{{ printf "%s-%s" .name ($told | sha256sum | trunc 10) }}
{{- end }}

{{- define "manacore.sources" -}}
[{"configMapRef": {"name": {{ toJson .config }} } }
{{- range .secrets }}, {"secretRef": {"name": {{ toJson . }} } }{{ end }}]
{{- end }}
