"""How a picture was turned or mirrored: the eight ways that keep its edges straight."""

from enum import StrEnum


class Turn(StrEnum):
    """What has to be done to a content to get what is listed. In the order of PDQ's eight hashes; the set is closed."""

    NONE = ""
    LEFT = "quarter turn to the left"
    HALF = "half turn"
    RIGHT = "quarter turn to the right"
    UPSIDE_DOWN = "mirrored top to bottom"
    MIRRORED = "mirrored left to right"
    MIRRORED_LEFT = "mirrored left to right, then quarter turn to the left"
    MIRRORED_RIGHT = "mirrored left to right, then quarter turn to the right"


TURNS = tuple(Turn)
