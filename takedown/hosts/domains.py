"""Which domain somebody registered, and whose a name is where a platform gives names to users."""

from functools import lru_cache
from typing import Final

import tldextract

# As for addresses: the list that comes with the package, so that no host name ever leaves.
_suffixes: Final = tldextract.TLDExtract(
    cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True
)


@lru_cache(maxsize=65_536)
def private_domain(name: str) -> str | None:
    """The owner's domain by both parts of the Public Suffix List; None: none, or an address.

    Differs from the registrable one where a platform lets its users have names below its own:
    for `pages.name.blog.example`, with `blog.example` in the private part, `name.blog.example`.
    """
    found = _suffixes.extract_str(name)
    return f"{found.domain}.{found.suffix}" if found.domain and found.suffix else None
