"""How abuse desks say that a message has arrived, in five languages."""

from typing import Final

from notices.inbound.phrases import any_of

RECEIVED: Final = any_of(
    r"(?:received|registered|logged|acknowledge)\b[^.;!?]{0,20}\b(?:your|receipt|the) ?(?:\w+ )?"
    r"(?:e-?mail|report|request|message|notice|notification|complaint|abuse|submission|of)",
    r"your (?:\w+ )?(?:e-?mail|report|request|message|notice|notification|complaint|submission)"
    r" (?:\S+ )?(?:has been|have been|was|is) (?:\w+ly )?(?:received|registered|recorded|logged"
    r"|assigned|opened|created|queued|accepted|being (?:processed|reviewed))",
    r"thank(?:s| you)(?: very much)? for (?:your (?:\w+ )?(?:report|e-?mail|message|notice"
    r"|notification|submission|request|complaint)|contacting|reporting|bringing|submitting)",
    r"(?:ticket|case)\b[^.;!?]{0,40}\b(?:has been|was) (?:created|opened|received|assigned"
    r"|registered)",
    r"(?:avons|a|ai) bien (?:été )?(?:reçu|enregistré|pris en compte)\w*",
    r"accus\w+ (?:de )?réception",
    r"confirm\w+ (?:la |bonne )*réception",
    r"merci (?:pour|de) votre (?:signalement|message|courriel|demande|e-?mail|notification)",
    r"votre (?:signalement|demande|message|courriel)\b[^.;!?]{0,30}\b(?:reçue?|enregistrée?"
    r"|prise? en (?:compte|charge))",
    r"(?:ihre?n? (?:\w+ )?(?:meldung|nachricht|e-?mail|anfrage|mitteilung|beschwerde|hinweis))\b"
    r"[^.;!?]{0,40}\b(?:erhalten|eingegangen|registriert|erfasst|aufgenommen)",
    r"(?:vielen )?dank für ihre?n? (?:\w+ )?(?:meldung|nachricht|e-?mail|anfrage|mitteilung"
    r"|hinweis)",
    r"eingangsbestätigung",
    r"(?:uw|je) (?:\w+ )?(?:melding|bericht|e-?mail|verzoek|klacht)\b[^.;!?]{0,40}\b(?:ontvangen"
    r"|geregistreerd|in behandeling)",
    r"(?:bedankt|dank u|hartelijk dank) voor (?:uw|je) (?:\w+ )?(?:melding|bericht|e-?mail"
    r"|verzoek|klacht)",
    r"ontvangstbevestiging",
    r"(?:hemos|ha sido|fue) (?:recibido|recibid[oa]|registrad[oa])\b",
    r"gracias por (?:su|tu|contactar\w*|informar\w*|ponerse)\b",
    r"acus\w+ (?:de )?recibo",
)
