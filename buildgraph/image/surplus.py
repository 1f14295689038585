"""Which manifests of a registry's repository nobody needs, with their children: values only, it asks nobody.

A tag names a manifest: an image, or an index whose children (an image per platform, and their attestations)
have no tags. Removing a manifest removes every tag that names it; what an index holds stays behind untagged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from buildgraph.graph.nodes import FINGERPRINT_LENGTH
from buildgraph.image.moments import is_younger

MARK: Final = "-signed"  # the end of a tag that says that the same without it was signed
# A fingerprint tag of ours, and those beside it: of an upload, of a promotion where another build stands, and marks.
OURS: Final = re.compile(rf"[0-9a-f]{{{FINGERPRINT_LENGTH}}}(-[0-9a-f]{{12}})?({MARK})?")
# How what belongs to a manifest is tagged (OCI distribution 1.1, "Referrers Tag Schema"; cosign adds an end).
BELONGING: Final = re.compile(r"sha256-([0-9a-f]{64})(\..+)?")


@dataclass(frozen=True, slots=True)
class Content:
    """A repository: the digest behind each tag, the children of each index, and images' ages in days.

    `ages` has no entry for what does not tell when it was made. What is not tagged is known only where
    something names its digest.
    """

    tags: Mapping[str, str]
    children: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ages: Mapping[str, float] = field(default_factory=dict)

    @property
    def named(self) -> dict[str, list[str]]:
        """The tags of every tagged digest."""
        found: dict[str, list[str]] = {}
        for tag, digest in sorted(self.tags.items()):
            found.setdefault(digest, []).append(tag)
        return found

    def reached(self, digests: Iterable[str]) -> set[str]:
        """These digests and all below them."""
        found: set[str] = set()
        waiting = list(digests)
        while waiting:
            digest = waiting.pop()
            if digest not in found:
                found.add(digest)
                waiting += self.children.get(digest, ())
        return found

    def age(self, digest: str) -> float | None:
        """Days since the youngest image of a manifest was made; None where none tells (attestations never do)."""
        known = [self.ages[each] for each in self.reached([digest]) if each in self.ages]
        return min(known, default=None)


@dataclass(frozen=True, slots=True)
class Needs:
    """What somebody needs of a repository, by tag and by digest, each with who; all younger than `days` stays too."""

    tags: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    days: float = 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A tagged manifest: why it stays, or ("") what goes with it, itself first, then what it alone holds."""

    digest: str
    tags: tuple[str, ...]
    needed: str = ""
    goes: tuple[str, ...] = ()


def judge(content: Content, needs: Needs) -> tuple[Judged, ...]:
    """What becomes of every tagged manifest, sorted by its first tag."""
    named = content.named
    reasons = {digest: _reason(content, needs, digest, tags) for digest, tags in named.items()}
    kept = content.reached([*needs.digests, *(digest for digest, reason in reasons.items() if reason)])
    reasons |= {d: "it is part of what is kept" for d, reason in reasons.items() if not reason and d in kept}
    reasons |= _belonging(content, reasons, kept)
    kept |= content.reached(digest for digest, reason in reasons.items() if reason)
    found = [_judged(content, digest, tags, reasons[digest], kept) for digest, tags in named.items()]
    return tuple(sorted(found, key=lambda judged: judged.tags))


def _judged(content: Content, digest: str, tags: list[str], reason: str, kept: set[str]) -> Judged:
    if reason:
        return Judged(digest, tuple(tags), reason)
    below = sorted(content.reached([digest]) - kept - {digest})
    return Judged(digest, tuple(tags), "", (digest, *below))


def _reason(content: Content, needs: Needs, digest: str, tags: list[str]) -> str:
    """Why a manifest stays by itself; "" when nothing speaks for it."""
    if digest in needs.digests:
        return needs.digests[digest]
    wanted = next((needs.tags[tag] for tag in tags if tag in needs.tags), "")
    foreign = next((tag for tag in tags if not (OURS.fullmatch(tag) or BELONGING.fullmatch(tag))), "")
    if wanted or foreign:
        return wanted or f"the tag {foreign} names it"
    if all(BELONGING.fullmatch(tag) for tag in tags):
        return ""
    age = content.age(digest)
    if age is None:
        return "it does not tell its age"
    return f"it is younger than {needs.days:g} days" if is_younger(age, needs.days) else ""


def _belonging(content: Content, reasons: Mapping[str, str], kept: set[str]) -> dict[str, str]:
    """What is tagged as belonging to a manifest goes with that one, and only then."""
    subjects = {digest: _subjects(tags) for digest, tags in content.named.items()}
    going = content.reached(d for d, reason in reasons.items() if not reason and not subjects[d]) - kept
    return {
        digest: f"it belongs to {found[0]}"
        for digest, found in subjects.items()
        if found and not reasons[digest] and not going.issuperset(found)
    }


def _subjects(tags: Iterable[str]) -> list[str]:
    """The digests that tags say a manifest belongs to."""
    return [f"sha256:{match[1]}" for tag in tags if (match := BELONGING.fullmatch(tag))]
