"""How abuse desks put it, in English, French, German, Dutch and Spanish.

Plain words of many real answers; one alternative a line. `statement` phrases tell a fact, so one
behind "if" or "once" in the same clause tells nothing; `request` phrases ask for something, and a
condition anywhere before them in the sentence makes them a courtesy.
"""

import re
from typing import Final

from notices.inbound.model import Claim


def any_of(*alternatives: str) -> re.Pattern[str]:
    """Any of these as whole words, in any case."""
    return re.compile(r"\b(?:" + "|".join(alternatives) + r")(?!\w)", re.I)


_GONE_EN = (
    r"(?:removed|deleted|taken (?:down|offline)|disabled|suspended|terminated|blocked|purged"
    r"|null-?routed|deactivated|shut down|cleaned|wiped)"
)
_GONE_FR = (
    r"(?:supprimée?s?|retirée?s?|désactivée?s?|suspendue?s?|bloquée?s?|effacée?s?|fermée?s?"
    r"|coupée?s?|mise?s? hors ligne)"
)
_GONE_DE = (
    r"(?:entfernt|gelöscht|gesperrt|deaktiviert|abgeschaltet|offline genommen|vom netz genommen"
    r"|blockiert|beseitigt)"
)
_GONE_NL = (
    r"(?:verwijderd|(?:offline|uit de lucht) (?:gehaald|genomen)|geblokkeerd|afgesloten"
    r"|gedeactiveerd|opgeschort|uitgeschakeld)"
)
_GONE_ES = (
    r"(?:eliminad[oa]s?|retirad[oa]s?|borrad[oa]s?|suspendid[oa]s?|desactivad[oa]s?"
    r"|bloquead[oa]s?|dad[oa]s? de baja)"
)
_ADVERB = r"(?:\w+ly |now |already |since |all |both |been |also |just )*"

STATEMENTS: Final[dict[Claim, re.Pattern[str]]] = {
    Claim.REMOVED: any_of(
        rf"(?:has|have|had|is|are|was|were) {_ADVERB}{_GONE_EN}",
        rf"(?:we|i)(?:['’]ve| have)? {_ADVERB}(?:{_GONE_EN}|took down)",
        rf"(?:we|i)(?:['’]ve| have)? {_ADVERB}(?:took|taken) (?:\w+ ){{1,6}}?(?:down|offline)",
        r"(?:is|are) no longer (?:available|accessible|online|hosted|active|live|reachable)",
        r"(?:is|are) (?:now |already )?(?:offline|down|gone)",
        rf"^(?:(?:hi|hello|ok|okay|update)\W+)?(?:it |all |this |(?:content|page|file|site|url|link"
        rf"|material|image|account)s? )?(?:done|fixed|resolved|{_GONE_EN})(?=\W*$|\W+thank)",
        rf"(?:a|ont|avons|ai|est|sont|été) (?:bien |déjà |donc |immédiatement |été )*{_GONE_FR}",
        r"(?:a|ont|avons|ai) (?:bien |déjà |donc |immédiatement )*mise?s? (?:\w+ ){1,6}?hors ligne",
        r"procédé (?:à la|au) (?:suppression|retrait|blocage|désactivation|fermeture)",
        r"(?:est|sont) (?:maintenant |désormais )hors ligne",
        r"(?:n['’]est|ne sont) plus (?:accessibles?|disponibles?|en ligne|hébergée?s?)",
        rf"(?:wurden?|haben|hat|ist|sind|habe) (?!nicht\b)(?:[^.,;!?]{{0,80}}? )??"
        rf"(?<!nicht ){_GONE_DE}",
        rf"(?<!nicht ){_GONE_DE} (?:worden )?(?:wurden?|sind|ist|haben)",
        r"(?:ist|sind) (?:jetzt |nun |inzwischen )offline",
        r"(?:ist|sind) nicht mehr (?:erreichbar|verfügbar|online|abrufbar)",
        rf"(?:is|zijn|werd|werden|hebben|heeft|heb) (?!niet\b)(?:[^.,;!?]{{0,80}}? )??"
        rf"(?<!niet ){_GONE_NL}",
        rf"(?<!niet ){_GONE_NL} (?:is|zijn|werd|werden|hebben)",
        r"(?:is|zijn) (?:nu |inmiddels )offline",
        r"(?:is|zijn) niet (?:meer|langer) (?:beschikbaar|bereikbaar|online|toegankelijk)",
        rf"(?<!no )(?<!nunca )(?:ha|han|hemos|he|fue|fueron|está|están) "
        rf"(?:sido |ya |todos? )*{_GONE_ES}",
        r"ya no (?:está|están|es|son) (?:disponibles?|accesibles?|en línea|activ[oa]s?)",
    ),
    Claim.GONE: any_of(
        r"(?:was|were|is|are) already (?:offline|down|gone|unavailable|inaccessible)",
        r"(?:could not|couldn['’]t|cannot|can['’]t|unable to|did not|didn['’]t) (?:find|locate|see)"
        r" (?:any |the |this |that )*(?:reported |such )?(?:content|material|files?|images?|urls?"
        r"|pages?)",
        r"nothing (?:there|at|under|on|to be found)",
        r"(?:returns?|gives?|shows?) (?:a |an )?(?:http )?(?:404|410|error 404|not found)",
        r"(?:était|est|étaient|sont) déjà (?:hors ligne|inaccessibles?)",
        r"(?:n['’]avons|n['’]ai) pas (?:trouvé|pu trouver|retrouvé)",
        r"(?:war|ist|waren|sind) bereits (?:offline|nicht mehr)",
        r"(?:inhalte?|material|seiten?)\b[^.;!?]{0,40} nicht (?:auffinden|finden|gefunden)",
        r"(?:was|is|waren|zijn) (?:al|reeds) (?:offline|niet meer)",
        r"(?:niet|geen)\b[^.;!?]{0,40} (?:vinden|gevonden|aangetroffen)",
        r"ya (?:estaba|estaban) (?:fuera de línea|inaccesibles?)",
        r"no (?:hemos|pudimos|podemos) (?:podido )?(?:encontrar|encontrado|localizar)",
    ),
    Claim.NOT_OURS: any_of(
        r"(?:not|no longer|n['’]t|never)(?: currently| actually| being)? hosted"
        r" (?:by|on|with|at|in|within)",
        r"(?:do|does|are|is)(?: not|n['’]t)(?: currently| actually)? (?:host|hosting)\b",
        r"(?:not|n['’]t|no longer) (?:a |one of )?(?:our|ours)(?: \w+)? (?:customers?|clients?"
        r"|servers?|network|range|ip|address|domain|service)",
        r"(?:not|n['’]t|no longer|outside|out) (?:in|on|within|part of|under|of|into)? ?our"
        r" (?:\w+ )?(?:network|ranges?|servers?|infrastructure|systems?|platform|control|scope)",
        r"(?:does|do)(?: not|n['’]t) (?:provide|offer) (?:\w+ )?(?:hosting|services?)",
        r"hosted (?:elsewhere|(?:by|with|at) (?:an?other|a different|a third))",
        r"(?:does|do)(?: not|n['’]t) belong to (?:us|our)",
        r"(?:are|is|am)(?: not|n['’]t) (?:the|a|its|their) (?:\w+ )?(?:host|hosting provider"
        r"|provider|hoster|operator)",
        r"(?:not|no longer) (?:assigned|allocated|routed|announced|registered|delegated)"
        r" (?:to|by|with) us",
        r"we (?:are|act) (?:as )?(?:only |merely |just |solely )?(?:a|the) (?:\w+ ){0,2}"
        r"(?:registrar|reverse proxy|proxy|pass-?through|cdn|transit provider|carrier)",
        r"(?:wrong|incorrect) (?:provider|company|address|network|host|recipient|department)",
        r"(?:n['’]est|ne sont|n['’]était) (?:pas|plus) (?:du tout )?hébergée?s?"
        r" (?:par|chez|sur|dans)",
        r"(?:n['’]hébergeons|n['’]héberge) (?:pas|plus)",
        r"(?:ne sommes|n['’]êtes|ne suis) (?:pas|plus) (?:l['’]|le |un )(?:\w+ )?(?:hébergeur"
        r"|fournisseur|prestataire)",
        r"(?:n['’]appartient|n['’]appartiennent|ne fait|ne font) (?:pas|plus)",
        r"(?:wird|werden|ist|sind)\b[^.;!?]{0,60}\bnicht (?:mehr )?(?:bei|von|durch) uns"
        r"(?: gehostet| betrieben)?",
        r"nicht (?:mehr )?(?:zu |in |auf )?(?:unser\w*) (?:\w+ )?(?:netz\w*|server\w*|kunden?"
        r"|adress\w*|bereich\w*|infrastruktur)",
        r"(?:gehört|gehören) nicht (?:zu )?uns",
        r"(?:hosten|betreiben)\b[^.;!?]{0,40}\bnicht",
        r"nicht (?:der|ihr) (?:hoster|provider|hostinganbieter)",
        r"(?:wordt|worden|is|staat)\b[^.;!?]{0,60}\bniet (?:meer )?(?:bij|door|op) (?:ons|onze)"
        r"(?: \w+)?",
        r"hosten\b[^.;!?]{0,40}\bniet",
        r"(?:behoort|behoren|hoort) niet (?:tot|bij) (?:ons|onze)",
        r"geen (?:klant|server|adres) van ons",
        r"no (?:está|están|es|son)(?: \w+)? (?:alojad[oa]s?|hospedad[oa]s?|client\w+|parte)",
        r"no (?:alojamos|hospedamos|somos)\b",
        r"no (?:pertenece|pertenecen) a (?:nuestr|nosotros)",
    ),
    Claim.DISPUTED: any_of(
        r"(?:does|do|did)(?: not|n['’]t) (?:appear to |seem to )?(?:violate|infringe|breach"
        r"|contravene|constitute)",
        r"(?:is|are) (?:perfectly |completely |entirely |fully |in fact )?(?:legal|lawful)\b",
        r"(?:is|are)(?: not|n['’]t) (?:illegal|unlawful)",
        r"(?:found|find|see|saw|identified|is|was) no (?:violation|infringement|breach|illegal)",
        r"(?:dispute|contest|object to|disagree with|reject|appeal)s? (?:your|this|the) ",
        r"counter[- ]?notice",
        r"false positive",
        r"depicts? (?:an |only )?(?:adults?|a drawing|drawings?)",
        r"(?:will|are|shall)(?: not|n['’]t) (?:be )?(?:remov|tak|suspend|delet|disabl)\w+",
        r"declined? to (?:remove|act|take)",
        r"(?:n['’]est|ne sont) pas (?:illégale?s?|illicites?|illégaux)",
        r"(?:est|sont) (?:parfaitement |tout à fait )?(?:légal|légaux|licite)e?s?",
        r"ne (?:viole|constitue|contrevient|enfreint) pas",
        r"(?:contestons|conteste)\b",
        r"(?:ist|sind) (?:nicht (?:illegal|rechtswidrig|strafbar)|legal|rechtmäßig)",
        r"(?:verstößt|verstoßen)\b[^.;!?]{0,60}\bnicht",
        r"(?:widersprechen|bestreiten|beanstanden)\b",
        r"(?:is|zijn) niet (?:illegaal|onrechtmatig|strafbaar)",
        r"(?:betwisten|betwist|bezwaar tegen)\b",
        r"no (?:es|son) (?:ilegal|ilícit[oa])(?:es|s)?",
        r"no (?:infringe|viola|constituye|vulnera)n?",
        r"(?:impugnamos|disputamos|rechazamos)\b",
    ),
    Claim.FORWARDED: any_of(
        r"(?:forwarded|passed|relayed|sent|escalated|notified|informed|contacted)\b[^.;!?]{0,60}?"
        r"\b(?:our|the|their|its) (?:\w+ )?(?:customer|client|user|reseller|owner|subscriber)",
        r"(?:transmis|transféré|informé|averti|contacté)\b[^.;!?]{0,60}\b(?:notre|nos|le|au)"
        r" clients?",
        r"(?:kunden?|kundin)\b[^.;!?]{0,60}(?:weitergeleitet|informiert|benachrichtigt)",
        r"(?:klant|afnemer)\b[^.;!?]{0,60}(?:doorgestuurd|geïnformeerd|ingelicht)",
        r"(?:reenviado|remitido|notificado|informado)\b[^.;!?]{0,60}\b(?:nuestro|al) cliente",
    ),
}

_MORE_EN = (
    r"(?:information|details?|evidence|urls?|links?|logs?|time ?stamps?|headers?|proof"
    r"|documentation|ip address(?:es)?|screenshots?)"
)
REQUESTS: Final[dict[Claim, re.Pattern[str]]] = {
    Claim.NOT_OURS: any_of(
        r"contact\b[^;!?]{0,60}\b(?:hosting (?:provider|company)|hoster|reseller|registrar|owner"
        r"|directly)",
        r"(?:contacter|adresser|adressez)\b[^;!?]{0,60}\b(?:hébergeur|directement)",
        r"(?:kontaktieren|wenden)\b[^;!?]{0,60}\b(?:hoster|hostinganbieter|direkt)",
        r"(?:neem|contact)\b[^;!?]{0,60}\b(?:hostingprovider|rechtstreeks)",
        r"(?:contacte|diríjase)\b[^;!?]{0,60}\b(?:proveedor|directamente)",
    ),
    Claim.NEED_MORE: any_of(
        r"(?:please|kindly|could you|can you|must|need to|need you to)\b[^.;!?]{0,40}"
        rf"\b(?:provide|send|supply|include|specify|give|attach)\b[^.;!?]{{0,60}}\b{_MORE_EN}",
        rf"(?:need|require|lack|request)s? (?:some )?(?:more|further|additional) {_MORE_EN}",
        r"(?:urls?|links?|address(?:es)?)\b[^.;!?]{0,40}"
        r"\b(?:not work\w*|invalid|broken|incomplete)",
        r"(?:insufficient|incomplete|not enough) (?:information|evidence|detail)s?",
        r"(?:veuillez|merci de|pouvez-vous|pourriez-vous)\b[^.;!?]{0,40}\b(?:fournir|préciser"
        r"|indiquer|communiquer|transmettre|envoyer|nous donner)\b",
        r"(?:besoin|manque) (?:de |d['’])(?:plus|informations|précisions|renseignements|davantage)",
        r"(?:bitte|könn\w+ sie)\b[^.;!?]{0,80}\b(?:senden|schicken|nennen|mitteilen|übermitteln"
        r"|ergänzen)\b[^.;!?]{0,20}\b(?:uns|sie|weitere)?",
        r"(?:benötigen|brauchen) (?:wir )?(?:noch )?(?:weitere|mehr|nähere|zusätzliche)",
        r"(?:graag|gelieve|kunt u|wilt u)\b[^.;!?]{0,60}\b(?:sturen|aanleveren|verstrekken"
        r"|toesturen|opgeven|vermelden)",
        r"(?:hebben|nodig)\b[^.;!?]{0,20}\b(?:meer|aanvullende|verdere) (?:informatie|gegevens)",
        r"(?:por favor|rogamos|podría|puede)\b[^.;!?]{0,40}\b(?:proporcion\w+|envíe\w*|indique\w*"
        r"|facilit\w+|enviar\w*|indicar\w*)\b",
        r"(?:necesitamos|requerimos|falta) más (?:información|datos|detalles)",
    ),
    Claim.USE_FORM: any_of(
        r"(?:use|submit\w*|fill(?:ing)? (?:in|out)|complete|via|through|using|visit|file)\b"
        r"[^.;!?]{0,60}\b(?:(?:web|online|abuse|report(?:ing)?|contact|complaint|our|this|following)"
        r"[ -]?forms?|web ?forms?|(?:abuse|reporting|our|online) portal)",
        r"(?:submit|resubmit|file|report|send)\b[^;!?]{0,60}\b(?:at|via|through|using|on|to)"
        r" <?(?:https?|hxxps?)",
        r"(?:mailbox|address|inbox|e-?mails?)\b[^.;!?]{0,60}\b(?:not monitored|no longer monitored"
        r"|unmonitored|not (?:being )?(?:read|processed|accepted)|no longer (?:in use|accepted))",
        r"(?:reports|notices|complaints)\b[^.;!?]{0,30} by e-?mail\b[^.;!?]{0,30}"
        r"\b(?:not|no longer)",
        r"(?:utiliser|remplir|compléter|via|passer par|par le biais)\b[^.;!?]{0,60}\bformulaire",
        r"\w*formular\b[^.;!?]{0,80}\b(?:nutzen|verwenden|ausfüllen|benutzen)",
        r"(?:nutzen|verwenden|benutzen|über)\b[^.;!?]{0,60}\w*formular\b",
        r"(?:gebruik\w*|via|invullen|vul)\b[^.;!?]{0,60}\w*formulier\b",
        r"(?:utilic\w+|usar|complet\w+|rellen\w+|a través)\b[^.;!?]{0,60}\bformulario",
    ),
}

CONDITION: Final = any_of(
    r"if|once|when|whenever|whether|unless|until|as soon as|in case|should (?:you|the|it)"
    r"|ask(?:ed)?|please|want|wish",
    r"si|s['’]il|dès que|lorsque|quand|une fois|tant que|à moins|souhaitez",
    r"wenn|sobald|falls|ob|bis|sofern|solange",
    r"als|indien|zodra|wanneer|of|tenzij|totdat",
    r"cuando|una vez|en cuanto|en caso|hasta que",
)

#: "We could not establish that ...": what follows is denied, in whatever clause.
DENIAL: Final = re.compile(
    r"\b(?:not|cannot|unable|pas|nicht|niet|no)\b.{0,80}\b(?:that|whether|que|dass|ob|dat|of)\b|"
    r"n['’]t\b.{0,80}\b(?:that|whether)\b",
    re.I,
)
