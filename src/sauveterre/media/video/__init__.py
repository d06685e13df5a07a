"""Films and sound: what the container states, frames to hashes, and a sheet that shows some of them.

Decoding is nearly all of the cost, so only those frames are decoded that a wanted frame needs (``plan``). Everything
here reads hostile bytes with large decoders: call it in the sandbox only.
"""
