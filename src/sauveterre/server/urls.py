"""Where the pages stand: all of them are the web package's."""

from django.urls import include, path

urlpatterns = [path("", include("sauveterre.web.urls"))]
