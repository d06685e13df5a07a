"""Where children find the compiled kernels that their caller has kept: in a bubble nothing can be kept anew.

numba looks for a place that it can write to, and else compiles in every process; these places need only be there. The
server's environment names them in ``NUMBA_CACHE_LOCATOR_CLASSES``.
"""

from pathlib import Path

from numba.core.caching import InTreeCacheLocator, UserWideCacheLocator

CLASSES = f"{__name__}.BesideTheSource,{__name__}.OfTheUser"
"""As numba's setting ``NUMBA_CACHE_LOCATOR_CLASSES`` names them."""


class _Kept:
    """A place that has something in it."""

    def ensure_cache_path(self) -> None:
        """Raise ``OSError`` when nothing was kept here."""
        if not any(Path(self.get_cache_path()).glob("*.nbi")):  # type: ignore[attr-defined]
            raise FileNotFoundError(f"no compiled kernels lie in {self.get_cache_path()}")  # type: ignore[attr-defined]


class BesideTheSource(_Kept, InTreeCacheLocator):
    """Beside the modules, where those who installed the program may write."""


class OfTheUser(_Kept, UserWideCacheLocator):
    """In the user's own folder of caches."""
