"""What ADD takes from elsewhere: which words are addresses, and which may become one.

BuildKit asks the same of a word: `isHTTPSource` and `isGitSource` in dockerfile2llb, and for `user@host:path`
`IsImplicitSSHTransport` in util/sshutil.
"""

from __future__ import annotations

import re
from typing import Final

SCHEMES: Final = ("http://", "https://", "git://", "ssh://")
WHOLE: Final = re.compile(rf"{'|'.join(SCHEMES)}|[\w-]+@[^:/]+:", re.IGNORECASE)
BEGUN: Final = re.compile(r"[\w-]+@[^:/]*")


def is_address(word: str) -> bool:
    """Whether ADD takes a word for an address, and not for a path of the context."""
    return WHOLE.match(word) is not None


def may_become_address(beginning: str) -> bool:
    """Whether a word that is no address so far may be one, whatever follows."""
    begins_scheme = any(scheme.startswith(beginning.lower()) for scheme in SCHEMES)
    return begins_scheme or BEGUN.fullmatch(beginning) is not None
