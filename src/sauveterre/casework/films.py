"""Films as rows and as records."""

from dataclasses import asdict

from sauveterre.casework.models import Film
from sauveterre.casework.rows import storable
from sauveterre.records import video
from sauveterre.records.camera import Camera
from sauveterre.records.film_match import FilmMatch
from sauveterre.records.vpdq import read_vpdq_text, vpdq_text


def film_row(content_id: int, hashed: video.HashedFilm) -> Film:
    """Return the row of a film."""
    film = hashed.film
    return Film(
        content_id=content_id,
        container=film.container,
        seconds=film.seconds,
        width=film.width,
        height=film.height,
        frame_rate=film.frame_rate,
        video_codec=film.video_codec[:40],
        audio_codecs=[codec[:40] for codec in film.audio_codecs],
        make=storable(film.camera.make),
        model=storable(film.camera.model),
        software=storable(film.camera.software),
        created_raw=storable(film.created_raw),
        place_raw=storable(film.place_raw),
        frames=vpdq_text(hashed.frames),
        hashed=len(hashed.frames),
    )


def film_record(row: Film) -> video.HashedFilm:
    """Return what a row says, without its sheet."""
    film = video.Film(
        container=row.container,
        seconds=row.seconds,
        width=row.width,
        height=row.height,
        frame_rate=row.frame_rate,
        video_codec=row.video_codec,
        audio_codecs=tuple(row.audio_codecs),
        camera=Camera(row.make, row.model, "", row.software),
        created_raw=row.created_raw,
        place_raw=row.place_raw,
    )
    return video.HashedFilm(film=film, frames=read_vpdq_text(row.frames))


def match_row(match: FilmMatch) -> dict[str, float | None]:
    """Return how far two films are the same as the values of one object: counts of frames, and the thresholds."""
    return {**asdict(match.comparison), **asdict(match.thresholds)}
