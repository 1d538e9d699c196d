"""The commands of `seatrial`: one file each, found by being here.

`--help` imports every file of this room, so what is slow to import is imported inside the functions; a file
whose name begins with `_` is a part of a command and imported by it alone.
"""
