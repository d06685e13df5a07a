"""JPEG XL: boxes, the head of its codestream, and its pixels.

Source: ISO/IEC 18181-1 (codestream) and 18181-2 (file format). Only ``pixels`` loads a decoder.
"""
