"""`python -m seatrial.lint FILES`."""

import sys

from seatrial.lint import main

sys.exit(main(sys.argv[1:]))
