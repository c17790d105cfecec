"""The short way through the verdict table leads to the same row as the whole table."""

from hypothesis import given
from hypothesis import strategies as st

from takedown.checks.finding import Dns, Fault, Finding, NameState, Relation
from takedown.checks.verdict import TABLE, Calibration, Seen, judge

FINDINGS = st.builds(
    Finding,
    status=st.sampled_from([None, 200, 204, 301, 304, 401, 404, 410, 429, 451, 500, 503, 530]),
    content_type=st.sampled_from([None, "image/jpeg", "text/html"]),
    location=st.none() | st.sampled_from(Relation),
    retry_after_s=st.sampled_from([None, 60]),
    cf_mitigated=st.sampled_from([None, "challenge"]),
    dns=st.sampled_from(Dns),
    error=st.none() | st.sampled_from(Fault),
    name=st.none() | st.sampled_from(NameState),
)
CALIBRATIONS = st.sampled_from(
    [None, Calibration("image/jpeg"), Calibration(), Calibration(not_calibrated=True)]
)


@given(FINDINGS, CALIBRATIONS, st.none() | FINDINGS)
def test_the_first_row_that_fits_decides_whichever_way_it_is_found(
    finding: Finding, calibration: Calibration | None, control: Finding | None
) -> None:
    seen = Seen(finding, calibration, control)
    assert judge(finding, calibration, control) is next(row for row in TABLE if row.when(seen))
