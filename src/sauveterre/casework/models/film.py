"""Films and sound: what their containers state, the hashes of their frames, and which is a copy of which."""

from django.db import models

from sauveterre.casework.models.exhibit import Content


class Film(models.Model):
    """A film, sound, or a picture that moves."""

    content = models.OneToOneField(Content, on_delete=models.CASCADE, related_name="film")
    container = models.CharField(max_length=40)
    seconds = models.FloatField(null=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    frame_rate = models.FloatField(null=True)
    video_codec = models.CharField(max_length=40, blank=True)
    """Empty for sound alone."""
    audio_codecs = models.JSONField(default=list)
    """One for each track of sound."""
    make = models.CharField(max_length=256, blank=True)
    model = models.CharField(max_length=256, blank=True)
    software = models.CharField(max_length=256, blank=True)
    created_raw = models.CharField(max_length=256, blank=True)
    place_raw = models.CharField(max_length=256, blank=True)
    frames = models.TextField(blank=True)
    """The hashed frames as vPDQ writes them, a line each (``records.vpdq``)."""
    hashed = models.PositiveIntegerField()
    """How many they are."""


class FilmCopy(models.Model):
    """A film that is the same as a longer one of the operation, in part or whole. Each assessment writes them anew."""

    content = models.OneToOneField(Content, on_delete=models.CASCADE, related_name="copy_of")
    head = models.ForeignKey(Content, on_delete=models.CASCADE, related_name="film_copies")
    film = models.JSONField()
    """How far, as ``Hit.film``: the query is the film, the target its head."""
