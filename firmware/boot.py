"""Before USB starts: close the drive, the console and MIDI, and open the data port and a keyboard alone.

What closes comes first, each import beside its use: where a later line fails, the earlier ones hold.
"""

import storage

storage.disable_usb_drive()

import usb_cdc

usb_cdc.enable(console=False, data=True)

import usb_midi

usb_midi.disable()

import usb_hid

usb_hid.enable((usb_hid.Device.KEYBOARD,))

import supervisor

if supervisor.runtime.ble_workflow:
    supervisor.runtime.ble_workflow = False
supervisor.set_usb_identification("Fobsmith", "Fobsmith token")

# Maintenance: tokenfw/hardware/opening_drive.py has left this mark after the vault was erased. It opens
# one start; data port and keyboard make room for console and drive where a chip has few endpoints.
import os

import microcontroller

nvm = microcontroller.nvm
if nvm and nvm[0:4] == b"OPEN":
    nvm[0:4] = bytes(4)
    for path in ("/store.bin", "/vault.bin"):  # accounts, of this version and of the first
        try:
            os.stat(path)
            break
        except OSError as error:
            if error.errno != 2:
                break
    else:
        usb_hid.disable()
        usb_cdc.enable(console=True, data=False)
        storage.enable_usb_drive()
