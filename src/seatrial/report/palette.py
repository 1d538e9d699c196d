"""The page's colours, by name, for light and dark; a test computes their contrasts."""

from __future__ import annotations

LIGHT = {
    "paper": "#fbfaf7",
    "card": "#ffffff",
    "ink": "#16202b",
    "soft": "#525e6a",
    "line": "#dedad2",
    "faint": "#f1eee8",
    "link": "#1d4f91",
    "passed": "#1b6e45",
    "failed": "#b3261e",
    "error": "#83308f",
    "inconclusive": "#865600",
    "skipped": "#525e6a",
    "unsupported": "#525e6a",
    "passed-tint": "#e7f2eb",
    "failed-tint": "#fbeae7",
    "error-tint": "#f6eaf7",
    "inconclusive-tint": "#f8f0dd",
    "skipped-tint": "#f1eee8",
    "unsupported-tint": "#f1eee8",
    "offered": "#2f3f4f",
    "answered": "#c4d3e0",
    "unknown": "#a86400",
    "dropped": "#6b7681",
    "p50": "#4a80b5",
    "p99": "#17406b",
    "spread": "#dbe6f0",
    "ready": "#2b7d7b",
    "starting": "#9ccfc9",
    "pending": "#7c8791",
    "unready": "#b3261e",
    "terminating": "#6d6459",
    "wanted": "#2f3f4f",
    "fault": "#a64b00",
    "fault-band": "#f7e3cf",
    "gap": "#e6e2db",
}
DARK = {
    "paper": "#10161d",
    "card": "#161e27",
    "ink": "#e7ecf1",
    "soft": "#a5b1bd",
    "line": "#2b3642",
    "faint": "#1a232d",
    "link": "#8fc1ff",
    "passed": "#7ccfa0",
    "failed": "#ff8f80",
    "error": "#d9a4e6",
    "inconclusive": "#eebb5c",
    "skipped": "#a5b1bd",
    "unsupported": "#a5b1bd",
    "passed-tint": "#14291f",
    "failed-tint": "#34191a",
    "error-tint": "#2b1b31",
    "inconclusive-tint": "#2d2412",
    "skipped-tint": "#1a232d",
    "unsupported-tint": "#1a232d",
    "offered": "#c9d3dd",
    "answered": "#34506a",
    "unknown": "#eebb5c",
    "dropped": "#8b97a3",
    "p50": "#6ba3d8",
    "p99": "#b9dcff",
    "spread": "#22384c",
    "ready": "#4fb3ac",
    "starting": "#2a625e",
    "pending": "#8b97a3",
    "unready": "#ff8f80",
    "terminating": "#9d9387",
    "wanted": "#c9d3dd",
    "fault": "#f0a35e",
    "fault-band": "#362413",
    "gap": "#26303a",
}

TEXT_ON = ("paper", "card", "faint", "fault-band")
"""Grounds on which text stands."""
TEXT = ("ink", "soft", "link", "passed", "failed", "error", "inconclusive", "skipped", "unsupported", "fault")
"""Colours in which text is written; each must reach 4.5:1 on every ground."""
MARKS = (
    "offered", "unknown", "dropped", "p50", "p99", "ready", "pending", "unready", "terminating", "wanted",
)  # fmt: skip
"""Colours of lines and shapes that carry meaning; each must reach 3:1 on paper."""


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#rrggbb` (WCAG 2.2), from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def variables(palette: dict[str, str]) -> str:
    """The palette as CSS custom properties."""
    return "".join(f"--{name}:{colour};" for name, colour in palette.items())


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
