"""MD5 over sixteen contents side by side: one lane of a vector each. The machine code is made when it is asked for.

MD5 (RFC 1321) cannot be hurried for one content: each of its steps waits for the one before. Sixteen contents keep the
whole width of the processor busy meanwhile. The program is written in LLVM's language, where a vector is a plain value;
LLVM, which numba brings, fits it to the processor that is there.
"""

import ctypes
import math
from collections.abc import Iterator
from typing import Protocol

LANES = 16
BLOCK = 64
"""Bytes that MD5 takes in at a time."""
START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_SINES = tuple(int(abs(math.sin(step + 1)) * 2**32) for step in range(64))
_SHIFTS = ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21))
_WORDS = (lambda i: i, lambda i: (5 * i + 1) % 16, lambda i: (3 * i + 5) % 16, lambda i: 7 * i % 16)
_VECTOR = f"<{LANES} x i32>"


class Kernel(Protocol):
    """The machine code, as Python calls it."""

    def __call__(self, state: int, contents: int, steps: int, blocks: int, /) -> None:
        """Take in as many blocks of each lane.

        The first three are addresses: of ``uint32[4][LANES]``, which is changed; of ``LANES`` addresses of bytes; of
        ``LANES`` steps (int64), the bytes from one block to the next: 64, or 0 for a lane with nothing to do.
        """


def compiled() -> Kernel:
    """Make the machine code for this processor. Raises ``OSError`` or ``RuntimeError`` where that cannot be done."""
    import llvmlite.binding as llvm  # loaded for those with much to digest

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(program())
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2, jit=True
    )
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    signature = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    function = signature(engine.get_function_address("md5"))
    function.engine = engine  # type: ignore[attr-defined] # the code lives as long as what made it
    return function


def program() -> str:
    """Return the program in LLVM's language."""
    return "\n".join(_Program().lines)


class _Program:
    """The lines of the program, and the last number given to a value."""

    def __init__(self) -> None:
        self._count = 0
        self.lines = [
            f"declare {_VECTOR} @llvm.fshl.v{LANES}i32({_VECTOR}, {_VECTOR}, {_VECTOR})",
            "define void @md5(ptr %state, ptr %contents, ptr %steps, i64 %blocks) {",
            "start:",
        ]
        sums = [self._loaded(_VECTOR, "%state", row, align=4) for row in range(4)]
        at = [self._loaded("ptr", "%contents", lane, align=8) for lane in range(LANES)]
        steps = [self._loaded("i64", "%steps", lane, align=8) for lane in range(LANES)]
        self.lines += ["  br label %block", "block:", "  %left = phi i64 [ %blocks, %start ], [ %fewer, %block ]"]
        for row, before in enumerate(sums):
            self.lines.append(f"  %s{row} = phi {_VECTOR} [ {before}, %start ], [ %t{row}, %block ]")
        for lane, before in enumerate(at):
            self.lines.append(f"  %p{lane} = phi ptr [ {before}, %start ], [ %q{lane}, %block ]")
        mixed = self._mixed(["%s0", "%s1", "%s2", "%s3"], self._words())
        self.lines += [f"  %t{row} = add {_VECTOR} %s{row}, {mixed[row]}" for row in range(4)]
        self.lines += [f"  %q{lane} = getelementptr i8, ptr %p{lane}, i64 {steps[lane]}" for lane in range(LANES)]
        self.lines += ["  %fewer = sub i64 %left, 1", "  %more = icmp ne i64 %fewer, 0"]
        self.lines += ["  br i1 %more, label %block, label %end", "end:"]
        for row in range(4):
            place = self._value(f"getelementptr {_VECTOR}, ptr %state, i64 {row}")
            self.lines.append(f"  store {_VECTOR} %t{row}, ptr {place}, align 4")
        self.lines += ["  ret void", "}"]

    def _value(self, text: str) -> str:
        self._count += 1
        self.lines.append(f"  %v{self._count} = {text}")
        return f"%v{self._count}"

    def _vector(self, operation: str, one: str, other: str) -> str:
        return self._value(f"{operation} {_VECTOR} {one}, {other}")

    def _loaded(self, kind: str, base: str, place: int, align: int) -> str:
        where = self._value(f"getelementptr {kind}, ptr {base}, i64 {place}")
        return self._value(f"load {kind}, ptr {where}, align {align}")

    def _words(self) -> list[str]:
        """Load a block of every lane, and turn rows (a lane's words) into columns (a word of all lanes)."""
        rows = [self._value(f"load {_VECTOR}, ptr %p{lane}, align 1") for lane in range(LANES)]
        width = 1
        while width < LANES:
            upper, lower = _halves(width)
            turned = list(rows)
            for row in range(LANES):
                if not row & width:
                    pair = f"{_VECTOR} {rows[row]}, {_VECTOR} {rows[row + width]}"
                    turned[row] = self._value(f"shufflevector {pair}, {_VECTOR} {upper}")
                    turned[row + width] = self._value(f"shufflevector {pair}, {_VECTOR} {lower}")
            rows, width = turned, width * 2
        return rows

    def _mixed(self, sums: list[str], words: list[str]) -> list[str]:
        """Go through the 64 steps (RFC 1321, 3.4)."""
        a, b, c, d = sums
        for step in range(64):
            kind = step // 16
            mixing = self._chosen(kind, b, c, d)
            word = self._vector("add", words[_WORDS[kind](step)], _all(_SINES[step]))
            total = self._vector("add", self._vector("add", a, word), mixing)
            turn = f"{_VECTOR} {total}, {_VECTOR} {total}, {_VECTOR} {_all(_SHIFTS[kind][step % 4])}"
            turned = self._value(f"call {_VECTOR} @llvm.fshl.v{LANES}i32({turn})")
            a, b, c, d = d, self._vector("add", turned, b), b, c
        return [a, b, c, d]

    def _chosen(self, kind: int, b: str, c: str, d: str) -> str:
        """Return the four functions F, G, H and I."""
        if kind == 0:
            return self._vector("xor", d, self._vector("and", b, self._vector("xor", c, d)))
        if kind == 1:
            return self._vector("xor", c, self._vector("and", d, self._vector("xor", b, c)))
        if kind == 2:
            return self._vector("xor", b, self._vector("xor", c, d))
        return self._vector("xor", c, self._vector("or", b, self._vector("xor", d, _all(0xFFFFFFFF))))


def _all(number: int) -> str:
    """Return a vector with the same number in every lane."""
    return f"<{', '.join([f'i32 {number}'] * LANES)}>"


def _halves(width: int) -> Iterator[str]:
    """Yield which elements of two rows make the upper and the lower of two squares that are turned."""
    places = range(LANES)
    upper = [place if place % (2 * width) < width else LANES + place - width for place in places]
    lower = [place + width if place % (2 * width) < width else LANES + place for place in places]
    for chosen in (upper, lower):
        yield f"<{', '.join(f'i32 {place}' for place in chosen)}>"
