"""The verbs of ``sauveterre``, each in its place. They load what they need when they run."""

import typer

from sauveterre.cli import (
    action,
    assess,
    audit,
    demo,
    evidence,
    exhibit,
    exhibit_audit,
    exhibit_custody,
    exhibit_export,
    exhibit_import,
    glance,
    hash,
    hashlist,
    hit,
    init,
    key,
    match,
    messages,
    operation,
    package,
    process,
    referral,
    report,
    serve,
    stack,
    worker,
)

app = typer.Typer(
    name="sauveterre",
    help="Run a child-protection investigation from the referral to the joint action.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for part in (exhibit_audit, exhibit_custody, exhibit_export, exhibit_import):
    part.add_to(exhibit.app)
for group in (operation, exhibit, key, hashlist, hit, referral, action, package, audit, evidence, messages):
    app.add_typer(group.app)
for verb in (init, process, assess, report, serve, worker, hash, match, glance, stack, demo):
    app.command(name=verb.NAME, help=verb.HELP)(verb.run)
