"""Inline SVG, drawn on the server.

Positions along time are percentages, so that a lane is as wide as the page and its text keeps its size; only
curves are stretched.
"""
