"""pycurl, as one untyped name: its package declares types and exports none of the C module's."""

from typing import Any

import pycurl as _pycurl

pycurl: Any = _pycurl
