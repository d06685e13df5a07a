"""What is almost a file and breaks one rule of its format is none: each rule by itself."""

import pytest


def changed(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


def jpeg_changes(data: bytes) -> dict[str, bytes]:
    quantisation, frame = data.index(b"\xff\xdb"), data.index(b"\xff\xc0")
    huffman, scan = data.index(b"\xff\xc4"), data.index(b"\xff\xda")
    frame_end = frame + 2 + int.from_bytes(data[frame + 2 : frame + 4], "big")
    return {
        "a quantisation table of a precision that there is not": changed(data, quantisation + 4, b"\x20"),
        "a quantisation table of zeros": changed(data, quantisation + 5, bytes(64)),
        "a frame of no width": changed(data, frame + 7, b"\x00\x00"),
        "a frame sampled not at all": changed(data, frame + 11, b"\x00"),
        "a frame with another number of components": changed(data, frame + 9, b"\x02"),
        "two frames": data[:frame_end] + data[frame:frame_end] + data[frame_end:],
        "a code with no room for it": changed(
            data, huffman + 5, bytes((sum(data[huffman + 5 : huffman + 21]),)) + bytes(15)
        ),
        "a code of a class that there is not": changed(data, huffman + 4, b"\x20"),
        "a scan of a component that there is not": changed(data, scan + 5, b"\x63"),
        "a scan past the last coefficient": changed(data, scan + 12, b"\x40"),
        "no frame": data[:frame] + data[frame_end:],
        "arithmetic conditioning of half an entry": data[:scan] + b"\xff\xcc\x00\x03\x00" + data[scan:],
        "an interval of three bytes": data[:scan] + b"\xff\xdd\x00\x05\x00\x00\x00" + data[scan:],
        "a marker that cannot stand there": data[:scan] + b"\xff\xd0\x00\x04\x00\x00" + data[scan:],
        "no data at all": data[: scan + 14] + b"\xff\xd9",
        "a segment shorter than its length": changed(data, scan + 2, b"\x00\x01"),
    }


def box_changes(data: bytes) -> dict[str, bytes]:
    return {
        "an index without its header": data.replace(b"mvhd", b"free"),
        "an index that its boxes do not fill": data.replace(b"\x00\x00\x00\x08udta", b"\x00\x00\x00\x09udta"),
        "no index": data.replace(b"moov", b"free"),
        "no data": data[: data.index(b"mdat") - 4],
        "brands that are no names": changed(data, 8, b"\x01\x02\x03\x04"),
        "a first box of odd length": changed(data, 0, b"\x00\x00\x00\x19"),
    }  # fmt: skip


def other_changes(samples: dict[str, bytes]) -> dict[str, bytes]:
    gif, webp, lossless = samples["still.gif"], samples["lossy.webp"], samples["lossless.webp"]
    bmp, tiff, base = samples["plain.bmp"], samples["plain.tif"], samples["usual.sqlite"]
    pdf, heic, member = samples["picture.pdf"], samples["still.heic"], samples["stored.zip"]
    picture = gif.index(b"\x2c", 13 + 768)
    first = pdf.rindex(b"startxref") + 10
    return {
        "GIF: data that does not begin with a clear code": changed(gif, picture + 12, b"\xff\xff"),
        "GIF: a code of nine bits at first": changed(gif, picture + 10, b"\x09"),
        "GIF: a picture of no width": changed(gif, picture + 5, b"\x00\x00"),
        "GIF: a screen of no height": changed(gif, 8, b"\x00\x00"),
        "GIF: no picture": gif[: 13 + 768] + b"\x3b",
        "WebP: a frame without its start code": changed(webp, webp.index(b"\x9d\x01\x2a"), b"\x9d\x01\x2b"),
        "WebP: a lossless picture without its mark": changed(lossless, 20, b"\x2e"),
        "WebP: another first chunk": changed(webp, 12, b"EXIF"),
        "PNG: another first chunk": changed(samples["plain.png"], 12, b"IDAT"),
        "PNG: a header with another checksum": changed(samples["plain.png"], 29, b"\x00\x00"),
        "BMP: two planes": changed(bmp, 26, b"\x02"),
        "BMP: five bits": changed(bmp, 28, b"\x05"),
        "BMP: a size that does not fit its sides": changed(bmp, 18, b"\x07"),
        "BMP: a size of the pixels that does not fit": changed(bmp, 34, b"\x07"),
        "BMP: packed": changed(bmp, 30, b"\x01"),
        "TIFF: fields out of order": changed(tiff, 10 + 12 * (tiff[8] - 1), b"\x01\x00"),
        "TIFF: a type that there is not": changed(tiff, 12, b"\x63"),
        "TIFF: no field": changed(tiff, 8, b"\x00\x00"),
        "TIFF: no width": changed(tiff, 10, b"\xff\x00"),
        "SQLite: another fraction": changed(base, 21, b"\x41"),
        "SQLite: a size of pages that is no power of two": changed(base, 16, b"\x0f\xff"),
        "SQLite: a first page that is none": changed(base, 100, b"\x02"),
        "SQLite: space kept for later in use": changed(base, 80, b"\x01"),
        "SQLite: an encoding that there is not": changed(base, 59, b"\x04"),
        "PDF: an end that leads nowhere": changed(pdf, first, b"9"),
        "PDF: the first part of a file made for the web alone": b"%PDF-1.5\n1 0 obj\nendobj\nstartxref\n0\n%%EOF\n",
        "HEIC: no handler": heic.replace(b"hdlr", b"free"),
        "ZIP: a way of packing that there is not": changed(member, 8, b"\xff"),
        "ZIP: a member with no name": b"PK\x03\x04\x14" + bytes(25) + member[-22:],
        "Matroska: another kind": samples["stated.mkv"].replace(b"matroska", b"mystroka"),
        "Matroska: no tracks": samples["stated.mkv"].replace(b"\x16\x54\xae\x6b", b"\x12\x54\xc3\x67"),
    }  # fmt: skip


def at_start(found):
    return [one for one in found if one[0] == 0]


def test_pictures(searched, samples):
    data = samples["baseline.jpg"]
    for rule, spoilt in jpeg_changes(data).items():
        assert spoilt != data, rule
        assert at_start(searched(spoilt)) == [], rule


def test_boxes(searched, samples):
    data = samples["index_first.mp4"]
    for rule, spoilt in box_changes(data).items():
        assert spoilt != data, rule
        assert at_start(searched(spoilt)) == [], rule


def test_all_other_formats(searched, samples):
    for rule, spoilt in other_changes(samples).items():
        assert spoilt not in samples.values(), rule
        assert at_start(searched(spoilt)) == [], rule


@pytest.mark.parametrize("extra", [b"\x00", b"\xff", b"PK", b"RIFF", b"ftyp"])
def test_a_byte_more_behind_a_file_changes_nothing(searched, samples, extra):
    for data in samples.values():
        assert at_start(searched(data + extra))[0][1:3] == (len(data), True)
