"""The `pico` engine: CircuitPython's own image on an emulated RP2040, with the simulator's chips.

The emulator is rp2040py, and the drive is made with fatfs-ng; both are wanted by this engine alone.
"""
