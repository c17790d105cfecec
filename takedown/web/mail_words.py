"""Words about mails that came in."""

from flask_babel import lazy_gettext as _l

MAILS = {
    "bounce": _l("came back"),
    "delay": _l("still being tried"),
    "auto_reply": _l("automatic answer"),
    "claim": _l("claim"),
    "acknowledgement": _l("acknowledgement"),
    "human": _l("reply"),
}
STATES = {
    "new": _l("not worked through yet"),
    "filed": _l("filed"),
    "triage": _l("matches nothing"),
    "answered": _l("answered"),
    "discarded": _l("put away"),
}
MATCHED_BY = {
    "token": _l("by its signed address"),
    "envelope": _l("by what the mail servers were given"),
    "message_id": _l("by the thread"),
    "number": _l("by our number and the sender's domain"),
    "person": _l("by one of us"),
}
CLAIMS = {
    "removed": _l("says: removed"),
    "gone": _l("says: was gone already"),
    "not_ours": _l("says: not theirs"),
    "disputed": _l("disputed"),
    "need_more": _l("asks for more"),
    "use_form": _l("wants the form"),
    "forwarded": _l("says: forwarded"),
}
REFUSED = {
    "answer:text": _l("An answer needs words, 10,000 characters at most."),
    "answer:auto": _l("A machine wrote this: it is never answered."),
    "answer:unmatched": _l("Say first what it belongs to."),
    "answer:contact": _l("Its contact is not one that can be written to by mail now."),
    "answer:mode": _l("Its notice was composed in another mode."),
    "answer:second_person": _l(
        "A refusal is answered by somebody who neither approved the notice nor answered before."
    ),
    "mail:filed": _l("It is filed already."),
    "mail:no_case": _l("Choose at least one case of its notice."),
    "mail:no_notice": _l("No notice that left has this number."),
    "mail:why": _l("Say why, for a mail that matches nothing."),
}
TABLES = {
    "mail": MAILS,
    "mail_state": STATES,
    "matched_by": MATCHED_BY,
    "claim": CLAIMS,
    "refused": REFUSED,
}
