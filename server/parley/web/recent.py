"""The last few texts that took a while to write, so that a second reader need not wait again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

_KEPT = 6
_LARGEST = 8 << 20  # bytes; a larger one is written anew each time


class Recent:
    """Texts by what they answer; threads may share it, and one of them writes at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable, write: Callable[[], bytes]) -> bytes:
        """The text kept under a key, else what `write` returns."""
        with self._lock:
            text = self._texts.get(key)
            if text is None:
                text = write()
                if len(text) <= _LARGEST:
                    self._texts[key] = text
                    if len(self._texts) > _KEPT:
                        self._texts.popitem(last=False)
            else:
                self._texts.move_to_end(key)
            return text
