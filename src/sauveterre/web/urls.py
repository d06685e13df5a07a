"""Where the pages stand. Every address of an operation begins with ``o/NUMBER/``."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from sauveterre.web.converters import Key, Sha256
from sauveterre.web.views import (
    accounting,
    action,
    contents,
    custody,
    entrance,
    evidence,
    exhibit_import,
    exhibits,
    network,
    overview,
    referrals,
)

register_converter(Sha256, "sha256")
register_converter(Key, "key")

operation = [
    path("", overview.operation, name="operation"),
    path("progress", overview.progress, name="progress"),
    path("search/", overview.search, name="search"),
    path("row", overview.row, name="row"),
    path("audit/", overview.audit, name="audit"),
    path("referrals/", referrals.referrals, name="referrals"),
    path("referrals/<int:key>/", referrals.referral, name="referral"),
    path("exhibits/", exhibits.exhibit_list, name="exhibits"),
    path("exhibits/progress", exhibits.list_progress, name="exhibits-progress"),
    path("exhibits/new/", exhibits.new, name="exhibit-new"),
    path("exhibits/import/", exhibit_import.import_, name="exhibit-import"),
    path("exhibits/accounting/", accounting.accounting, name="accounting"),
    path("exhibits/duplicates/", accounting.duplicates, name="duplicates"),
    path("exhibits/duplicates/matrix", accounting.matrix, name="matrix"),
    path("exhibits/<int:key>/", exhibits.exhibit, name="exhibit"),
    path("exhibits/<int:key>/edit/", exhibits.edit, name="exhibit-edit"),
    path("exhibits/<int:key>/progress", exhibits.exhibit_progress, name="exhibit-progress"),
    path("exhibits/<int:key>/elsewhere", exhibits.elsewhere, name="elsewhere"),
    path("exhibits/<int:key>/attach", exhibits.attach, name="exhibit-attach"),
    path("exhibits/<int:key>/key", exhibits.add_key, name="exhibit-key"),
    path("exhibits/<int:key>/digests", exhibits.add_digests, name="exhibit-digests"),
    path("exhibits/<int:key>/custody", custody.enter, name="custody-enter"),
    path("exhibits/<int:key>/custody.csv", custody.table, name="custody-table"),
    path("exhibits/<int:key>/custody/<int:line>/sign", custody.sign, name="custody-sign"),
    path("exhibits/<int:key>/photographs", custody.photograph, name="photograph"),
    path("exhibits/<int:key>/photographs/<int:photo>", custody.photo, name="photo"),
    path("sources/", evidence.sources, name="sources"),
    path("sources/<int:key>/", evidence.source, name="source"),
    path("entries/", evidence.entries, name="entries"),
    path("entries/<int:key>/", evidence.entry, name="entry"),
    path("problems/", evidence.problems, name="problems"),
    path("contents/", contents.content_list, name="contents"),
    path("contents/<sha256:sha256>/", contents.content, name="content"),
    path("pictures/", contents.gallery, name="gallery"),
    path("blurred/<sha256:sha256>", contents.blurred, name="blurred"),
    path("lists/", contents.hash_lists, name="hash-lists"),
    path("groups/", network.groups, name="groups"),
    path("groups/<key:key>/", network.group, name="group"),
    path("people/", network.people, name="people"),
    path("people/<key:key>/", network.person, name="person"),
    path("spaces/", network.spaces, name="spaces"),
    path("spaces/<key:key>/", network.space, name="space"),
    path("countries/", action.countries, name="countries"),
    path("countries/package", action.make, name="make-package"),
    path("packages/<int:key>/", action.package, name="package"),
    path("action/", action.action, name="action"),
    path("action/measure", action.add_measure, name="add-measure"),
    path("action/measures", action.import_measures, name="import-measures"),
    path("action/target", action.add_target, name="add-target"),
    path("action/day", action.add_day, name="add-day"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", entrance.overview, name="overview"),
    path("sign-in/", entrance.SignIn.as_view(), name="sign-in"),
    path("sign-in/<str:secret>", entrance.sign_in_by_link, name="sign-in-link"),
    path("sign-out/", entrance.sign_out, name="sign-out"),
    path("appearance/", entrance.appearance, name="appearance"),
    path("language/", include("django.conf.urls.i18n")),
    path("o/<int:operation>/", include(operation)),
]
