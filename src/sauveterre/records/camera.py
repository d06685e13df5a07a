"""The device that took a picture or a film, as the content itself states it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Camera:
    """What a content says of the device that took it. Empty text where it is silent."""

    make: str = ""
    model: str = ""
    serial: str = ""
    software: str = ""
