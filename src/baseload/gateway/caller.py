"""Who asks: the key, its tenant, and the tenant's limits."""

from dataclasses import dataclass

import msgspec

from baseload.config.cloud import Business, Tenant, Tier
from baseload.errors import Refusal
from baseload.http1 import Exchange
from baseload.tenants import Key, KeyRing, Limits


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """A resolved key."""

    key: Key
    tenant: Tenant
    limits: Limits

    @property
    def business(self) -> Business:
        """Internal work pays at transfer price."""
        return self.tenant.business

    def limit_headers(self) -> list[tuple[bytes, bytes]]:
        """`x-ratelimit-*` as they stand now."""
        return self.limits.headers()

    def tier_of(self, asked: str | None) -> Tier:
        """The tier a request runs at: the tenant's own unless it asks for another it may have."""
        if asked is None or asked == "auto":
            return self.tenant.tier
        for tier in self.tenant.tiers:
            if tier == asked:
                return tier
        offered = ", ".join(self.tenant.tiers)
        raise Refusal(
            400,
            f"service_tier: '{asked}' is not open to tenant '{self.tenant.id}'; it may ask for auto, {offered}",
            param="service_tier",
            code="unsupported_value",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """All who may ask: keys in memory, tenants of the description, their limits."""

    keys: KeyRing
    tenants: dict[str, Tenant]
    limits: dict[str, Limits]

    def identify(self, exchange: Exchange, route: str, now_us: int) -> Caller:
        """The caller of an exchange, or a refusal: 401 without a good key, 403 when the key may not do this."""
        key = self._key(exchange.headers.get(b"authorization", b""), now_us)
        tenant = self.tenants.get(key.tenant_id)
        if tenant is None:
            raise _unauthorised(f"tenant '{key.tenant_id}' of this key is no longer in the description")
        if not key.may(route):
            message = f"API key {key.id} may not use this route; it is for: {', '.join(sorted(key.scopes))}"
            raise Refusal(403, message, kind="permission_error", code="insufficient_permissions")
        return Caller(key=key, tenant=tenant, limits=self.limits[tenant.id])

    def _key(self, header: bytes, now_us: int) -> Key:
        scheme, _, secret = header.partition(b" ")
        if not header:
            raise _unauthorised("no API key was sent; put it in the header 'authorization: Bearer blk_live_…'")
        if scheme.lower() != b"bearer":
            raise _unauthorised("the authorization header is not 'Bearer blk_live_…'")
        key = self.keys.find(secret.strip())
        if key is None:
            raise _unauthorised("this API key is not known; check it, or ask the operator: baseload keys list")
        state = key.state(now_us)
        if state != "active":
            raise _unauthorised(f"API key {key.id} is {state}; ask the operator for another")
        return key


def _unauthorised(message: str) -> Refusal:
    return Refusal(401, message, kind="authentication_error", code="invalid_api_key")
