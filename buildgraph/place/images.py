"""The images an environment runs, brought to its engine when it does not hold them."""

from __future__ import annotations

from buildgraph.errors import ToolError
from buildgraph.image.labels import confirm_made_as
from buildgraph.image.registry import pull_image
from buildgraph.image.sizes import told_size
from buildgraph.place.model import Place, Target, Tell


def ensure_target(place: Place, target: Target, tell: Tell) -> None:
    """Have the image of a target on the engine; StepFailed where it says of itself that it is another version's."""
    ensure_image(place, target.image, tell)
    held = place.engine.held_image(target.image)
    if held is not None:
        confirm_made_as(target.image_fingerprint, held.labels, target.image)


def ensure_image(place: Place, image: str, tell: Tell) -> None:
    """Have an image on the engine; ToolError when it is not there and cannot be pulled.

    An image that is known by its id only exists nowhere but where it was built.
    """
    if place.engine.has_image(image):
        return
    if image.startswith("sha256:"):
        raise ToolError(f"the engine does not hold the image {image}", "build it again")
    tell(f"pulling {image}")
    pulled = pull_image(place.engine, image)
    tell(f"pulled {told_size(pulled.size)} that the engine lacked")
