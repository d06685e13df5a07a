"""Where the pages stand."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
