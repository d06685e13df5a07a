"""Two films, or a film and an item of a list, compared by the hashes of their frames: as sets, as vPDQ does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmThresholds:
    """What counts as the same film."""

    distance: int
    """Most differing bits of 256 of two frames that are the same."""
    quality: int
    """Least PDQ quality of a frame that is compared, on both sides."""
    query_share: float
    """Least part of the query's compared frames that must be found in the target, 0 to 1."""
    target_share: float
    """Least part of the target's compared frames that must be found in the query, 0 to 1."""

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        shares = (self.query_share, self.target_share)
        if not 0 <= self.distance <= 256 or not all(0 <= share <= 1 for share in shares):
            raise ValueError(f"a distance of {self.distance} bits or shares of {shares} make no sense")


@dataclass(frozen=True, slots=True)
class FilmComparison:
    """How far two films are the same. Frames are counted once each, however often they are shown."""

    query_frames: int
    """Different frames of the query that are good enough to be compared."""
    query_found: int
    """Those of them that the target has, too."""
    target_frames: int
    target_found: int
    closest: int | None
    """The least distance of two frames within the threshold, in bits; None when there are none."""

    @property
    def query_share(self) -> float:
        """The part of the query that is in the target, 0 to 1; 0 when nothing of it can be compared."""
        return self.query_found / self.query_frames if self.query_frames else 0.0

    @property
    def target_share(self) -> float:
        """The part of the target that is in the query, 0 to 1; 0 when nothing of it can be compared."""
        return self.target_found / self.target_frames if self.target_frames else 0.0

    def is_match(self, thresholds: FilmThresholds) -> bool:
        """Whether both shares are reached, by at least one frame on each side."""
        return (
            self.query_found > 0
            and self.query_share >= thresholds.query_share
            and self.target_share >= thresholds.target_share
        )


@dataclass(frozen=True, slots=True)
class FilmMatch:
    """A film that is the same as another one in part or whole: how far, and by which thresholds."""

    comparison: FilmComparison
    thresholds: FilmThresholds
