"""The spool: which requests are let in and not yet settled, in a mapped file that outlives a killed gateway."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from baseload.billing.admission import Admission, from_json, spool_id, to_json
from baseload.store.tally import Row, Tally

SLOTS = 8192
PAYLOAD_BYTES = 640


class Spool:
    """Written before the engine sees a request; a page-cache write, so no disk is waited for."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._tally = Tally(path, SLOTS, PAYLOAD_BYTES)

    def write(self, admission: Admission) -> Row | None:
        """A row for this request, or None when it does not fit: then a durable hold says the same."""
        payload = to_json(admission)
        if len(payload) > self._tally.payload_bytes:
            return None
        try:
            return self._tally.open_row(spool_id(admission.request_id), payload)
        except OverflowError:
            return None

    def forget(self, row: Row) -> None:
        """The request is settled."""
        self._tally.free_row(row)

    def left_over(self) -> Iterator[tuple[bytes, Admission | None]]:
        """Rows of requests that never settled. None for a row that a power loss left unreadable."""
        for count in list(self._tally.rows()):
            try:
                yield count.request_id, from_json(count.payload)
            except msgspec.DecodeError:
                yield count.request_id, None

    def drop(self, row_id: bytes) -> None:
        """A left-over row is resolved."""
        self._tally.free(row_id)

    def close(self) -> None:
        self._tally.close()
