"""The words of tasks: what is wanted, what helps, and why they were asked."""

from flask_babel import lazy_gettext as _l

TASKS = {
    "locate": _l("Host not found"),
    "route": _l("To hand over"),
    "hand_over": _l("Hand-over: a person is needed"),
    "police_clearance": _l("Police clearance awaited"),
    "victim_at_risk": _l("Victim at risk: police first"),
    "contact": _l("Contact missing or to approve"),
    "classification": _l("Reports disagree"),
    "dead_delivery": _l("Notice not delivered"),
    "uncertain_delivery": _l("Notice may have arrived"),
    "suspect": _l("Changed: look at it"),
    "manual_finding": _l("Only a person can see"),
    "security": _l("Forbidden address"),
    "moved": _l("Moved to another host"),
    "agreement": _l("Agreement ends soon"),
    "reappeared": _l("Reappeared"),
    "reported_again": _l("Reported again after withdrawal"),
    "hold_review": _l("Hold to review"),
    "reveals": _l("Many reveals by one person"),
    "second_look": _l("Released by one person: look at it"),
    "reply": _l("Replies to read"),
    "claim": _l("Not theirs, or more is needed"),
    "dispute": _l("Disputed"),
    "complaint": _l("Refused to a trusted flagger: complain?"),
    "bounced": _l("Notice came back"),
    "origin": _l("An origin was told"),
}
TASK_HELP = {
    "second_look": _l("Two people should have said yes; one was alone. Read it and say done."),
    "locate": _l(
        "Nobody could be found who hosts these. Look-ups are tried again; you may know more."
    ),
    "route": _l(
        "This hotline does not write to these hosts, and nobody is known to hand them to. "
        "Say who receives them, or hand them over yourself."
    ),
    "hand_over": _l("Take the file, or ask what became of it, and enter the reference."),
    "police_clearance": _l("No notice leaves before the police have answered."),
    "victim_at_risk": _l("Call the police unit now; everything else waits."),
    "contact": _l("Before the first notice a person approves the contact that was looked up."),
    "classification": _l("Two reports of the same address classify it differently."),
    "dead_delivery": _l("The recipient's server refused for good. Choose another contact."),
    "uncertain_delivery": _l(
        "The connection broke at the last moment. Sending again may double it."
    ),
    "suspect": _l(
        "The answer changed without saying that it is gone. "
        "Look in your protected viewer, then enter a finding."
    ),
    "manual_finding": _l(
        "Headers tell nothing about these. Look in your protected viewer, then enter a finding."
    ),
    "security": _l("The name leads to a private or reserved address. Nothing was connected."),
    "moved": _l("Another provider hosts it now; a new episode began there."),
    "agreement": _l("Ask whether it goes on, then record the new one on the page of agreements."),
    "reappeared": _l("Up again after a confirmed removal."),
    "reported_again": _l(
        "These were withdrawn, and somebody reports them again. "
        "If that was wrong, tell a supervisor."
    ),
    "hold_review": _l("Ask whoever wanted it whether it still has to stand. It does meanwhile."),
    "reveals": _l("More exact locations within a day than the work asks for. Ask why."),
    "reply": _l("Somebody wrote back. Reminders wait until one of us has read it."),
    "claim": _l("The recipient sends us elsewhere, or asks for more. Read it, then act."),
    "dispute": _l(
        "The recipient refuses. Somebody looks at it who did not approve the notice, and answers."
    ),
    "complaint": _l(
        "A platform must take complaints for six months (DSA, Article 20). "
        "Complain where you hold to the notice, or say done."
    ),
    "bounced": _l("It did not reach anybody there. The next notice goes to the next contact."),
    "origin": _l("A mail tells who stands behind a proxy. Enter it in the case if it is true."),
}
WHYS = {
    "victim at risk": _l("a victim may be at risk"),
    "reports disagree": _l("another classification was reported"),
    "not checkable": _l("marked as not checkable"),
    "contact:approve": _l("a looked-up contact waits for approval"),
    "a contact waits for approval": _l("a looked-up contact waits for approval"),
    "no contact is known": _l("no contact is known"),
    "its name leads to a forbidden address": _l(
        "the name leads to an address that must not be asked"
    ),
    "who hosts it could not be found": _l("no provider could be named"),
    "its look-up never came back": _l("five attempts broke off"),
    "DNS": _l("the name could not be resolved"),
    "agreement:ends": _l("its last day is near"),
    "route:police": _l("by way of the police"),
    "route:hotline": _l("by way of the partner hotline"),
    "route:regulator": _l("by way of the regulator"),
    "route:none": _l("no route is known"),
    "provider:not_ours": _l("the provider says that it is not theirs"),
    "provider:need_info": _l("the provider needs to know more"),
    "provider:no_action": _l("the provider will do nothing"),
    "provider:failed": _l("the provider could not handle the report"),
    "provider:origin": _l("the provider told who stands behind it; more than one could be meant"),
    "provider:silent": _l("the provider does not answer what became of the report"),
    "contact:connector": _l("its interface has no approved connector"),
    "contact:missing": _l("no contact is known"),
    "contact:retraction": _l("we were wrong, and no mail or form reaches them: tell them so"),
    "contact:renew": _l("an approved contact has not been verified for a year"),
    "hand_over:no_hotline": _l(
        "no partner hotline is known there: add one under Providers, or link a member under Routes"
    ),
    "hand_over:no_police": _l(
        "our own police unit is not known: add it under Providers, with a contact"
    ),
    "hand_over:no_regulator": _l("no regulator is known there: add one under Providers"),
    "hand_over:several": _l(
        "several could receive it: keep one linked member under Routes, or merge them"
    ),
    "hand_over:no_contact": _l("who receives it has no contact: add one under Providers"),
    "hand_over:no_country": _l("the hosting country is not known"),
    "hand_over:take": _l("a person takes the file to them"),
    "hand_over:silent": _l("no answer for a week"),
    "police:silent": _l("told three days ago, no answer"),
    "complaint:platform": _l("the platform refused it"),
    "mail:human": _l("a person wrote"),
    "mail:not_ours": _l("they say that it is not theirs"),
    "mail:use_form": _l("they want their form to be used"),
    "mail:need_more": _l("they ask for more"),
    "mail:disputed": _l("they hold it for lawful, or refuse"),
    "mail:origin": _l("told in a mail that could not be verified"),
    "mail:weak": _l("it could not be tied to the delivery beyond doubt"),
    "delivery:bounced": _l("came back"),
    "delivery:dead": _l("refused for good"),
    "delivery:uncertain": _l("may have arrived"),
    "hold:review": _l("its review is due"),
    "reveals:many": _l("more than a day's work asks for"),
    "contradicted": _l("seen up within a confirmed removal"),
    "reappeared": _l("seen up twice"),
    "withdrawn before": _l("it had been withdrawn"),
    "known better": _l("who answers for it is known better"),
    "police": _l("by way of the police"),
    "hotline": _l("by way of the partner hotline"),
    "regulator": _l("by way of the regulator"),
    "none": _l("no route is known"),
    "no provider": _l("no provider could be named"),
    "five leases lost": _l("five attempts broke off"),
    "traced": _l("host found"),
    "withdrawn": _l("withdrawn by a person"),
    "confirmed": _l("confirmed"),
    "outage": _l("it had been an outage"),
    "up twice": _l("seen up twice"),
    "another provider hosts it": _l("another provider hosts it"),
}
TABLES = {"task": TASKS, "task_help": TASK_HELP}
