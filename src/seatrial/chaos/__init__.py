"""Chaos Toolkit on Seatrial's faults and judges: actions, probes, and the control that gives the verdict."""
