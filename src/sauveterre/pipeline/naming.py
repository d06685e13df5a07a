"""What sources inside sources are called."""


def inside(source: str, reader: str, path: str) -> str:
    """Return the name of something inside a source, for people: ``!`` goes into a container, ``/`` into a folder."""
    return f"{source}{'/' if reader == 'directory' else '!'}{path}".rstrip("!/")
