"""Where the pages stand. Every address of an operation begins with ``o/NUMBER/``."""

from django.urls import URLPattern, URLResolver, include, path, register_converter

from sauveterre.web.converters import Key, Sha256
from sauveterre.web.views import action, entrance, evidence, network, overview

register_converter(Sha256, "sha256")
register_converter(Key, "key")

operation = [
    path("", overview.operation, name="operation"),
    path("progress", overview.progress, name="progress"),
    path("search/", overview.search, name="search"),
    path("row", overview.row, name="row"),
    path("audit/", overview.audit, name="audit"),
    path("referrals/", evidence.referrals, name="referrals"),
    path("referrals/<int:key>/", evidence.referral, name="referral"),
    path("exhibits/", evidence.exhibit_list, name="exhibits"),
    path("exhibits/<int:key>/", evidence.exhibit, name="exhibit"),
    path("sources/", evidence.sources, name="sources"),
    path("sources/<int:key>/", evidence.source, name="source"),
    path("entries/", evidence.entries, name="entries"),
    path("entries/<int:key>/", evidence.entry, name="entry"),
    path("problems/", evidence.problems, name="problems"),
    path("contents/", evidence.content_list, name="contents"),
    path("contents/<sha256:sha256>/", evidence.content, name="content"),
    path("pictures/", evidence.gallery, name="gallery"),
    path("blurred/<sha256:sha256>", evidence.blurred, name="blurred"),
    path("lists/", evidence.hash_lists, name="hash-lists"),
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
