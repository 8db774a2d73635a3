"""The keys in memory: what the hot path asks. A revocation counts from the moment it is told."""

import hashlib
import hmac
import os
from collections.abc import Iterable

from baseload.tenants import secret as text
from baseload.tenants.keys import Key

SEEN_AT_MOST = 65_536


class KeyRing:
    """Resolves a secret to its key. Holds digests, never secrets."""

    def __init__(self, pepper: bytes, keys: Iterable[Key] = ()) -> None:
        self._pepper = pepper
        self._keys: dict[str, Key] = {key.id: key for key in keys}
        self._session = os.urandom(32)
        self._seen: dict[bytes, str] = {}
        """Digests, under a key of this process only, of secrets that were found good: the next time costs a look-up."""

    def resolve(self, secret: bytes, now_us: int) -> Key | None:
        """The active key of this secret, or None. A typo stops at its check digits, before any look-up.

        The look-up is by the public id; the secret itself is compared as a whole digest in constant time.
        """
        key = self.find(secret)
        return key if key is not None and key.state(now_us) == "active" else None

    def find(self, secret: bytes) -> Key | None:
        """The key of this secret in whatever state, so that "revoked" can be said to its owner and nobody else."""
        seen_as = hashlib.blake2b(secret, key=self._session, digest_size=32).digest()
        known = self._keys.get(self._seen.get(seen_as, ""))
        if known is not None:
            return known
        key_id = text.read_id(secret)
        key = None if key_id is None else self._keys.get(key_id)
        if key is None or not hmac.compare_digest(text.digest(self._pepper, secret), key.digest):
            return None
        if len(self._seen) >= SEEN_AT_MOST:
            self._seen.clear()
        self._seen[seen_as] = key.id
        return key

    def get(self, key_id: str) -> Key | None:
        return self._keys.get(key_id)

    def add(self, key: Key) -> None:
        """A key made or changed: takes effect at once."""
        self._keys[key.id] = key
