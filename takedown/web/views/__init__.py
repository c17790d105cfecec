"""The pages: one small blueprint each."""

from flask import Flask

from takedown.web.views import (
    account,
    book,
    case,
    cases,
    compliance,
    connectors,
    contacts,
    countries,
    evidence,
    hand_over,
    health,
    holds,
    home,
    inbox,
    ladders,
    log,
    overview,
    pace,
    people,
    provider_figures,
    providers,
    queue,
    register,
    reports,
    route_lists,
    routes,
    samples,
    stages,
    suspects,
    texts,
    today,
    workload,
)

BLUEPRINTS = (
    account.pages,
    book.pages,
    case.pages,
    cases.pages,
    compliance.pages,
    connectors.pages,
    contacts.pages,
    countries.pages,
    evidence.pages,
    hand_over.pages,
    health.pages,
    holds.pages,
    home.pages,
    ladders.pages,
    inbox.pages,
    log.pages,
    overview.pages,
    pace.pages,
    people.pages,
    provider_figures.pages,
    providers.pages,
    queue.pages,
    register.pages,
    reports.pages,
    route_lists.pages,
    routes.pages,
    samples.pages,
    stages.pages,
    suspects.pages,
    texts.pages,
    today.pages,
    workload.pages,
)


def install(app: Flask) -> None:
    """Add all pages to the application."""
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)
