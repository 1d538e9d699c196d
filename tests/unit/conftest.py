"""Thousands of quick tests beside a large program: collecting it again and again took a tenth of the time."""

import gc

gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
