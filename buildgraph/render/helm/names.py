"""Named templates: what is called after what it holds, and where a container's variables stand."""

from __future__ import annotations

from typing import Final

from buildgraph.render.kubernetes.names import DIGITS
from buildgraph.render.rendered import head

# The name that `config_name` gives these values: both are sha256 of the same bytes.
NAMES: Final = """{{{{- define "{chart}.config" -}}}}
{{{{- $told := "" -}}}}
{{{{- range $name, $value := .config -}}}}
{{{{- $told = printf "%s%s\\x00%v\\x00\\x00" $told $name $value -}}}}
{{{{- end -}}}}
{{{{ printf "%s-%s" .name ($told | sha256sum | trunc {digits}) }}}}
{{{{- end }}}}

{{{{- define "{chart}.sources" -}}}}
[{{"configMapRef": {{"name": {{{{ toJson .config }}}} }} }}
{{{{- range .secrets }}}}, {{"secretRef": {{"name": {{{{ toJson . }}}} }} }}{{{{ end }}}}]
{{{{- end }}}}
"""


def render_names(chart: str) -> str:
    """The named templates of a chart; their names begin with its own, for charts within one another share them."""
    return head("{{- /* ", " */}}") + NAMES.format(chart=chart, digits=DIGITS)
