"""Tenants: who may ask, with which key, how much at once."""

from baseload.tenants.keyring import KeyRing
from baseload.tenants.keys import Key, NewKey, create_key, list_keys, revoke_key
from baseload.tenants.limits import Limits, Verdict
from baseload.tenants.pepper import read_pepper
from baseload.tenants.roster import account_id, project_id

__all__ = [
    "Key",
    "KeyRing",
    "Limits",
    "NewKey",
    "Verdict",
    "account_id",
    "create_key",
    "list_keys",
    "project_id",
    "read_pepper",
    "revoke_key",
]
