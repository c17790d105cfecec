"""Who carries a network's traffic: its announcing number's transit, by a table of the operator."""

from collections import defaultdict
from datetime import datetime
from pathlib import Path

from takedown.hosts import table_file, tsv
from takedown.hosts.tsv import BadField, Unfit


class Upstreams:
    """A text table in memory: AS number, AS number of a transit; several lines for several."""

    def __init__(self, text: str, dated: datetime) -> None:
        self.dated = tsv.stated_date(text) or dated
        self.bad: list[BadField] = []
        self._carriers: dict[int, dict[int, None]] = defaultdict(dict)
        for number, fields in tsv.rows(text):
            try:
                if len(fields) < 2:
                    raise Unfit("upstream ASN", "missing; fields stand between tabs")
                below, above = tsv.asn(fields[0]), tsv.asn(fields[1], "upstream ASN")
                if below == above:
                    raise Unfit("upstream ASN", "a network is not its own upstream")
            except Unfit as unfit:
                self.bad.append(BadField(number, unfit.field, unfit.reason))
                continue
            self._carriers[below][above] = None

    def __len__(self) -> int:
        return sum(map(len, self._carriers.values()))

    def of(self, asn: int | None) -> tuple[int, ...]:
        """The transit of an AS number, in the table's order; empty: not known."""
        return tuple(self._carriers.get(asn or 0, ()))


def load(path: Path) -> Upstreams:
    """The table of a file, read once for each version of it. Raises OSError."""
    return table_file.once(path, parse)


def parse(path: Path) -> Upstreams:
    """As `load`, and always read anew."""
    raw, dated = table_file.contents(path)
    return Upstreams(raw.decode("utf-8-sig", "replace"), dated)
