"""What abuse desks answer, in five languages: machine, acknowledgement, claim or person."""

import pytest
from inbound_mail import read

from notices.inbound import Claim, Kind


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("Hello,\n\nThe content has been removed.\n\nRegards", Claim.REMOVED),
        ("We've now taken down the page you reported.", Claim.REMOVED),
        ("The account was suspended and all files deleted.", Claim.REMOVED),
        ("Access to the URL has been disabled.", Claim.REMOVED),
        ("After review, we have removed this material.", Claim.REMOVED),
        ("We have taken the content offline.", Claim.REMOVED),
        ("Nous avons mis le site de ce client hors ligne.", Claim.REMOVED),
        ("Done.", Claim.REMOVED),
        ("Content removed", Claim.REMOVED),
        ("The file is no longer available.", Claim.REMOVED),
        ("Hi, removed.\nRegards, Tom", Claim.REMOVED),
        ("Removed, thanks!", Claim.REMOVED),
        ("The URL is offline now.", Claim.REMOVED),
        ("Nous avons procédé à la suppression du contenu.", Claim.REMOVED),
        ("Die Seite ist jetzt offline.", Claim.REMOVED),
        ("De site is uit de lucht gehaald.", Claim.REMOVED),
        ("There is nothing at this URL any more.", Claim.GONE),
        ("The domain is hosted elsewhere.", Claim.NOT_OURS),
        ("Please contact the hosting company.", Claim.NOT_OURS),
        ("Kindly submit your report at https://abuse.provider.example/x", Claim.USE_FORM),
        ("The URL you sent does not work for us.", Claim.NEED_MORE),
        ("Bonjour, le contenu a été supprimé. Cordialement", Claim.REMOVED),
        ("Nous avons immédiatement retiré ces images.", Claim.REMOVED),
        ("La page n’est plus accessible.", Claim.REMOVED),
        ("Die Inhalte wurden von unserem Kunden entfernt.", Claim.REMOVED),
        ("Wir haben den Server vom Netz genommen.", Claim.REMOVED),
        ("We can confirm that the content has been removed.", Claim.REMOVED),
        ("Wir bestätigen, dass die Seite gelöscht wurde.", Claim.REMOVED),
        ("De pagina is inmiddels verwijderd.", Claim.REMOVED),
        ("We hebben de website offline gehaald.", Claim.REMOVED),
        ("El contenido ha sido eliminado.", Claim.REMOVED),
        ("Hemos retirado el material indicado.", Claim.REMOVED),
        ("We could not find the content at this address.", Claim.GONE),
        ("The URL returns a 404 for us.", Claim.GONE),
        ("Le contenu était déjà hors ligne.", Claim.GONE),
        ("This site is not hosted by us.", Claim.NOT_OURS),
        ("This IP address is not part of our network.", Claim.NOT_OURS),
        ("We do not host this domain.", Claim.NOT_OURS),
        ("We are only the registrar of this domain.", Claim.NOT_OURS),
        ("We are a reverse proxy and cannot remove content.", Claim.NOT_OURS),
        ("The range is no longer assigned to us.", Claim.NOT_OURS),
        ("Ce site n'est pas hébergé chez nous.", Claim.NOT_OURS),
        ("Nous ne sommes pas l'hébergeur de ce site.", Claim.NOT_OURS),
        ("Diese Seite wird nicht bei uns gehostet.", Claim.NOT_OURS),
        ("Die IP-Adresse gehört nicht zu unserem Netz.", Claim.NOT_OURS),
        ("Deze website wordt niet door ons gehost.", Claim.NOT_OURS),
        ("Este sitio no está alojado en nuestros servidores.", Claim.NOT_OURS),
        ("Please use our abuse form at https://provider.example/abuse.", Claim.USE_FORM),
        ("Reports by e-mail are not processed.", Claim.USE_FORM),
        ("This mailbox is not monitored.", Claim.USE_FORM),
        ("Merci d'utiliser notre formulaire en ligne.", Claim.USE_FORM),
        ("Bitte verwenden Sie unser Kontaktformular.", Claim.USE_FORM),
        ("Gebruik hiervoor ons meldformulier.", Claim.USE_FORM),
        ("Utilice por favor nuestro formulario de abuso.", Claim.USE_FORM),
        ("Please provide the exact URLs and time stamps.", Claim.NEED_MORE),
        ("We need more information to act.", Claim.NEED_MORE),
        ("Pouvez-vous nous préciser l'adresse exacte ?", Claim.NEED_MORE),
        ("Wir benötigen weitere Angaben.", Claim.NEED_MORE),
        ("Kunt u ons de exacte links sturen?", Claim.NEED_MORE),
        ("Necesitamos más información.", Claim.NEED_MORE),
        ("This content does not violate our terms.", Claim.DISPUTED),
        ("We will not remove it: the model is an adult.", Claim.DISPUTED),
        ("The material is perfectly legal in our country.", Claim.DISPUTED),
        ("Ce contenu n'est pas illicite.", Claim.DISPUTED),
        ("Der Inhalt ist nicht rechtswidrig.", Claim.DISPUTED),
        ("De inhoud is niet illegaal.", Claim.DISPUTED),
        ("El contenido no es ilegal.", Claim.DISPUTED),
        ("We have forwarded your complaint to our customer.", Claim.FORWARDED),
        ("Nous avons transmis votre signalement à notre client.", Claim.FORWARDED),
    ],
)
def test_a_claim_is_understood(text: str, claim: Claim) -> None:
    found = read(text)
    assert (found.kind, found.claim) == (Kind.CLAIM, claim)
    assert not found.automatic


@pytest.mark.parametrize(
    "text",
    [
        "The content has not been removed yet, we are waiting for our lawyer.",
        "Once the content has been removed, we will tell you.",
        "Please tell us whether the page has been removed. Who can we call?",
        "If the files were deleted, you would see a 410.",
        "Is the page still up for you?",
        "We want this removed.",
        "Who asked to have it taken down?",
        "We will remove it today.",
        "Dès que le contenu a été supprimé, nous vous le dirons.",
        "Sobald die Inhalte gelöscht wurden, melden wir uns.",
        "Die Inhalte wurden nicht entfernt.",
        "De pagina is niet verwijderd.",
        "El contenido no ha sido eliminado.",
        "We could not establish that the content has been removed.",
        "Wir konnten nicht feststellen, dass die Inhalte entfernt wurden.",
        "Could you call me tomorrow?",
    ],
)
def test_no_claim_is_read_into_a_condition_or_a_denial(text: str) -> None:
    assert Claim.REMOVED not in read(text).claims
    assert read(text).kind is Kind.HUMAN


@pytest.mark.parametrize(
    ("text", "ticket"),
    [
        ("We have received your report. Your ticket number is 4711-22.", "4711-22"),
        ("Thank you for your report. Ticket ID: ABX-991", "ABX-991"),
        ("Thank you for contacting us. If you have more information, please provide it.", None),
        ("Nous avons bien reçu votre signalement. Numéro de dossier : F-2026-77", "F-2026-77"),
        ("Nous accusons réception de votre message.", None),
        ("Vielen Dank für Ihre Meldung. Ihre Vorgangsnummer lautet 20261110-5.", "20261110-5"),
        ("Ihre Nachricht ist bei uns eingegangen.", None),
        ("Uw melding is ontvangen onder zaaknummer 88231.", "88231"),
        ("Hemos recibido su mensaje. Número de caso: 55012.", "55012"),
    ],
)
def test_an_acknowledgement_is_told_with_its_number(text: str, ticket: str | None) -> None:
    found = read(text)
    assert (found.kind, found.ticket) == (Kind.ACKNOWLEDGEMENT, ticket)
    assert found.acknowledges and found.claims == ()


def test_an_acknowledgement_that_asks_something_is_for_a_person() -> None:
    found = read("Thank you for your report. Which of our servers is it about?")
    assert found.kind is Kind.HUMAN and found.acknowledges


@pytest.mark.parametrize(
    ("subject", "ticket", "tag"),
    [
        ("[Ticket#2026111010000123] Re: [NTD-2026-000123] x", "2026111010000123", True),
        ("[AbuseID:77F1:A] [NTD-2026-000123] x", "77F1:A", True),
        ("[#ABC-123-45678]: received", "ABC-123-45678", True),
        ("Re: [NTD-2026-000123] Case 0091822 opened", "0091822", False),
        ("(Ref: 55-991) your report", "55-991", True),
        ("Re: [NTD-2026-000123] Notice", None, False),
        ("[EXTERNAL] Re: [NTD-2026-000123] 2026-000001", None, False),
        ("Ticket received on 2026-11-10", None, False),
    ],
)
def test_the_number_in_a_subject(subject: str, ticket: str | None, tag: bool) -> None:
    found = read("Hello", subject)
    assert found.ticket == ticket
    assert (found.ticket_tag is not None) is tag
    assert found.ticket_tag is None or found.ticket_tag in subject


@pytest.mark.parametrize(
    "fields",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; type=x"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"Return_Path": "<>"},
        {"X_Auto_Response_Suppress": "All"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<news.provider.example>"},
    ],
)
def test_what_a_machine_wrote_is_never_for_an_answer(fields: dict[str, str]) -> None:
    found = read("I am away.", **fields)
    assert (found.kind, found.automatic) == (Kind.AUTO_REPLY, True)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Notice",
        "Out of Office: x",
        "Réponse automatique : Notice",
        "Automatische Antwort: Notice",
        "Abwesenheitsnotiz",
        "Automatisch antwoord: x",
        "Respuesta automática: x",
    ],
)
def test_a_subject_tells_a_machine_too(subject: str) -> None:
    assert read("Back on Monday.", subject).kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    "text",
    [
        "I am currently out of the office until Monday.",
        "Je suis absente jusqu'au 5.",
        "Ich bin bis Montag nicht im Büro.",
        "Ik ben tot maandag afwezig.",
        "Estoy fuera de la oficina.",
    ],
)
def test_words_tell_that_nobody_is_there(text: str) -> None:
    assert read(text).kind is Kind.AUTO_REPLY


def test_submitted_by_no_machine_is_a_person() -> None:
    assert read("Hello, who are you?", Auto_Submitted="no").kind is Kind.HUMAN


def test_a_machine_s_number_and_claim_are_kept() -> None:
    text = "We have received your report. The content has been removed."
    found = read(text, "[Ticket#9931] x", Auto_Submitted="auto-generated")
    assert found.kind is Kind.AUTO_REPLY
    assert (found.ticket, found.ticket_tag) == ("9931", "[Ticket#9931]")
    assert found.claims == (Claim.REMOVED,) and found.acknowledges


QUOTED = """Hello, who may I talk to about this?

On Mon, 10 Nov 2026 at 09:00, Hotline <notices@hotline.example> wrote:
> The content has been removed elsewhere. This site is not hosted by us.
> [NTD-2026-000123]
"""


def test_quoted_words_are_not_the_recipient_s() -> None:
    found = read(QUOTED)
    assert (found.kind, found.claims) == (Kind.HUMAN, ())
    assert "removed" in found.text and "removed" not in found.own_text


@pytest.mark.parametrize(
    "intro",
    [
        "-----Original Message-----",
        "Am 10.11.2026 um 09:00 schrieb Hotline:",
        "Le 10 nov. 2026 à 09:00, Hotline a écrit :",
        "Op 10 nov. 2026 schreef Hotline:",
        "El 10 nov 2026, Hotline escribió:",
        "From: Hotline <notices@hotline.example>\nSent: Monday\nTo: Abuse",
        "Von: Hotline\nGesendet: Montag",
    ],
)
def test_what_follows_a_quotation_s_head_is_ours(intro: str) -> None:
    found = read(f"Who are you?\n\n{intro}\n\nThe content has been removed.\n")
    assert (found.claims, found.own_text) == ((), "Who are you?")


def test_an_answer_below_the_quotation_is_read() -> None:
    text = "On Monday Hotline wrote:\n> please remove\n> this\n\nThe content has been removed.\n"
    assert read(text).claims == (Claim.REMOVED,)


def test_several_claims_stand_side_by_side_the_removal_first() -> None:
    text = "Two files have been deleted. The third is not hosted by us. Please use our web form."
    assert read(text).claims == (Claim.REMOVED, Claim.NOT_OURS, Claim.USE_FORM)
