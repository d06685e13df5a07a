"""Clips that are drawn here: gradients and noise that move, and scenes that follow each other."""

import io
import wave
from fractions import Fraction

import av
import numpy as np
import pytest


@pytest.fixture(scope="session")
def draw_clip(draw):
    """Return a function that draws a clip; scenes are seeds, all of one length.

    With a ``path`` it is written there first, with its index in front.
    """

    def make(*, codec="libx264", form="mp4", fps=10, scenes=(1,), each=20, size=(320, 240), sound=False,
             options=None, metadata=None, pixels="yuv420p", path=None):  # fmt: skip
        file = io.BytesIO()
        textures = [draw(seed, *size) for seed in scenes]
        with av.open(path or file, "w", format=form, options={"movflags": "faststart"} if path else {}) as container:
            container.metadata.update(metadata or {})
            stream = container.add_stream(codec, rate=fps, options=options or {})
            stream.width, stream.height = size
            stream.pix_fmt = pixels
            tone = container.add_stream("aac", rate=44_100) if sound else None
            for number in range(each * len(textures)):
                canvas = np.roll(textures[number // each], 4 * number, axis=1)
                frame = av.VideoFrame.from_ndarray(canvas, format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, fps)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
            if tone is not None:
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
                silence.sample_rate = 44_100
                container.mux(tone.encode(silence))
                container.mux(tone.encode(None))
        return path.read_bytes() if path else file.getvalue()

    return make


@pytest.fixture(scope="session")
def clip(draw_clip):
    """Six seconds of one scene, H.264 with B frames, one key frame in every forty."""
    return draw_clip(each=60, options={"g": "40", "sc_threshold": "0", "bf": "3"})


@pytest.fixture(scope="session")
def sound():
    """A second of silence as WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setparams((1, 2, 8_000, 0, "NONE", ""))
        written.writeframes(bytes(16_000))
    return file.getvalue()
