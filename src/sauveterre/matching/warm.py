"""Compile, or load from the cache, every kernel of this package before the first batch needs it."""

from sauveterre.matching import exact_kernels, film_kernels, near_kernels, star_kernels

KERNELS = (
    exact_kernels.compare,
    exact_kernels.order_roughly,
    exact_kernels.sift,
    exact_kernels.settle,
    exact_kernels.lay_row,
    exact_kernels.merge,
    near_kernels.distance,
    near_kernels.band_value,
    near_kernels.is_first_band,
    near_kernels.sort_by_band,
    near_kernels.least,
    near_kernels.report,
    near_kernels.join_band,
    near_kernels.probe,
    near_kernels.compare_all,
    star_kernels.note,
    star_kernels.list_neighbours,
    star_kernels.absorb,
    film_kernels.meet,
)


def warm() -> int:
    """Return how many compiled kernels there are. Each carries its types, so importing it has compiled it.

    Call it once before worker processes are forked, so that they share the compiled code.
    """
    return sum(len(kernel.signatures) for kernel in KERNELS)
