"""Addresses of all pages."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("encaisse.web.urls")),
]
