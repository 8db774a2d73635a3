"""The KV cache in blocks: free ones, running requests' own, and prefixes that requests share.

A prefix stays after its last reader, oldest use first to go, from its tail, block by block. A request that declares a
longer prefix than the entry has makes it longer.
"""

from baseload.silicon.simulator.compiled import compiled
from baseload.silicon.simulator.engine import Limits
from baseload.silicon.simulator.records import Tables


@compiled
def blocks_of(limits: Limits, tokens: int) -> int:
    """Whole blocks that so many tokens take."""
    return (tokens + limits.block_tokens - 1) // limits.block_tokens


@compiled
def _shareable(limits: Limits, t: Tables, i: int) -> int:
    """Whole blocks of its prefix. The last prompt token is always computed: it gives the first answer."""
    r = t.requests[i]
    return int(min(r.prefix_tokens, r.tokens - 1) // limits.block_tokens) if r.prefix >= 0 else 0


@compiled
def room(limits: Limits, t: Tables, i: int) -> int:
    """Blocks left over if a waiting request were admitted now; below 0 they are lacking."""
    s, r = t.clock[0], t.requests[i]
    left = s.free + s.evictable - blocks_of(limits, r.tokens)
    if r.prefix >= 0 and t.prefixes[r.prefix].users > 0:
        # Of a prefix that nobody reads, what is found is no longer evictable: the two cancel.
        left += min(t.prefixes[r.prefix].blocks, _shareable(limits, t, i))
    return int(left)


@compiled
def take(t: Tables, blocks: int) -> None:
    """Blocks for a request, from the free ones and then from the prefixes used longest ago."""
    s = t.clock[0]
    while s.free < blocks:
        p = s.oldest
        entry = t.prefixes[p]
        cut = min(entry.blocks, blocks - s.free)
        entry.blocks -= cut
        s.evictable -= cut
        s.free += cut
        if entry.blocks == 0:
            _forget(t, p)
    s.free -= blocks


@compiled
def admit(limits: Limits, t: Tables, i: int) -> int:
    """Give a request its blocks; return the tokens found in the prefix cache."""
    s, r = t.clock[0], t.requests[i]
    need = blocks_of(limits, r.tokens)
    r.shared = 0
    if r.prefix < 0:
        take(t, need)
        return 0
    entry, share = t.prefixes[r.prefix], _shareable(limits, t, i)
    had = min(entry.blocks, share)
    need -= had
    if entry.users == 0 and entry.blocks > 0:
        s.evictable -= entry.blocks
        _forget(t, r.prefix)
        if s.free + s.evictable < need:
            trim(t, r.prefix, had)
    entry.users += 1
    take(t, need)
    s.partial_had = entry.blocks
    entry.blocks = max(entry.blocks, share)
    r.shared = share
    return int(had * limits.block_tokens)


@compiled
def trim(t: Tables, p: int, blocks: int) -> None:
    """Cut a prefix that is in use, and so on no list, to so many blocks."""
    entry = t.prefixes[p]
    if entry.blocks > blocks:
        t.clock[0].free += entry.blocks - blocks
        entry.blocks = blocks


@compiled
def held(limits: Limits, t: Tables, i: int) -> int:
    """Blocks of a running request's own, the prefix's not counted."""
    s, r = t.clock[0], t.requests[i]
    written = r.tokens if i == s.partial else r.tokens + s.grown - r.joined
    return int(blocks_of(limits, written) - r.shared)


@compiled
def release(limits: Limits, t: Tables, i: int) -> None:
    """Take back a request's blocks; its prefix stays, as the one used latest."""
    s, r = t.clock[0], t.requests[i]
    s.free += held(limits, t, i)
    if r.prefix < 0:
        return
    entry = t.prefixes[r.prefix]
    if i == s.partial:
        # Blocks it was to fill are empty; nobody else can have been admitted to them meanwhile.
        trim(t, r.prefix, s.partial_had)
    entry.users -= 1
    if entry.users == 0 and entry.blocks > 0:
        s.evictable += entry.blocks
        _remember(t, r.prefix)


@compiled
def _remember(t: Tables, p: int) -> None:
    s, entry = t.clock[0], t.prefixes[p]
    entry.next, entry.previous = -1, s.newest
    if s.newest >= 0:
        t.prefixes[s.newest].next = p
    else:
        s.oldest = p
    s.newest = p


@compiled
def _forget(t: Tables, p: int) -> None:
    s, entry = t.clock[0], t.prefixes[p]
    if entry.previous >= 0:
        t.prefixes[entry.previous].next = entry.next
    else:
        s.oldest = entry.next
    if entry.next >= 0:
        t.prefixes[entry.next].previous = entry.previous
    else:
        s.newest = entry.previous
