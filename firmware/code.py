"""The token: build the App of this board and step it for ever."""

import gc
import time

# CircuitPython doubles its heap, and only once a collection has not freed enough: until then it collects
# whenever the pieces that it has are full. Here it gets what there is in one piece, but for the core's share.
_MOST, _STEP = 163840, 2048  # bytes
_size = min(gc.mem_free(), _MOST)  # type: ignore[attr-defined]
_heap: "list[None]" = []
while not _heap and _size > 2 * _STEP:
    _size -= _STEP
    try:
        _heap = [None] * (_size // 4)
    except MemoryError:
        pass
_heap = []
gc.collect()  # which gives the piece back
_heap = [None] * ((_size - _STEP) // 4)
_heap.clear()  # This frees the piece, but for its beginning …
_heap.extend([None] * 16)  # … which keeps it from then on, if it is more than 16 bytes.

# Compiling strews garbage between what stays. Collected after each part, it leaves a board's free
# memory in one piece; collected when memory is full, in pieces too small to use.
_PARTS = """tokencore.messages tokencore.hkdf
tokenfw.log tokenfw.keys tokenfw.device tokenfw.safe tokenfw.vault
tokenfw.clock tokenfw.screen tokenfw.app"""
for _part in _PARTS.split():
    __import__(_part)
    gc.collect()

from tokenfw.hardware.building import build

gc.collect()
app, power = build()
del build  # which takes memory, and is not needed again
app.step(time.monotonic_ns() // 1000000)  # the first code; what hands and hosts ask for can wait for it
gc.collect()
import tokenfw.presses

gc.collect()
while True:
    now_ms = time.monotonic_ns() // 1000000
    power.sleep(now_ms, app.step(now_ms))
