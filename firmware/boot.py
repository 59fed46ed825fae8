"""Before USB starts: close the drive, the console and MIDI, and open the data port alone."""

import storage
import supervisor
import usb_cdc
import usb_hid
import usb_midi

storage.disable_usb_drive()
usb_cdc.enable(console=False, data=True)
usb_hid.disable()
usb_midi.disable()
supervisor.set_usb_identification("Fobsmith", "Fobsmith token")
