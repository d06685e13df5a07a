"""Django's settings. The only module that reads environment variables.

``sauveterre.server.boot`` sets the ones that follow from a workspace; an administrator may set the rest:

- ``SAUVETERRE_WORKSPACE``: the workspace's folder.
- ``DATABASE_URL``: ``postgresql://…`` of a PostgreSQL that somebody else runs; without it the workspace's own is used.
- ``SAUVETERRE_HOSTS``: names that the server answers to, parted by commas (default: loopback only).
- ``SAUVETERRE_EVIDENCE``: folders that media are taken in from, parted by ``:`` (default: any at all).
"""

import hashlib
import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

WORKSPACE = Path(os.environ.get("SAUVETERRE_WORKSPACE", "."))
STORE = WORKSPACE / "store"
KEY_FILE = WORKSPACE / "secret" / "key"
EVIDENCE_FOLDERS = tuple(Path(name) for name in os.environ.get("SAUVETERRE_EVIDENCE", "").split(":") if name)


def database(url: str) -> dict[str, object]:
    """Read a ``postgresql://`` address into Django's terms; a socket's folder stands in ``?host=``."""
    parts = urlsplit(url)
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    host = options.pop("host", parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or "postgres"),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def _secret(path: Path) -> str:
    """Derive the session secret from the workspace's key; without a workspace, one that is good for nothing."""
    if path.is_file():
        return hashlib.blake2b(path.read_bytes(), person=b"session").hexdigest()
    return "no-workspace-" + "0" * 50


DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql:///postgres"))}
SECRET_KEY = _secret(KEY_FILE)
DEBUG = False
ALLOWED_HOSTS = os.environ.get("SAUVETERRE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
ROOT_URLCONF = "sauveterre.server.urls"
ASGI_APPLICATION = "sauveterre.server.asgi.application"
AUTH_USER_MODEL = "casework.Officer"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "procrastinate.contrib.django",
    "sauveterre.casework",
    "sauveterre.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "sauveterre.web.middleware.ContentSecurityPolicy",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sauveterre.web.context.chrome",
            ],
        },
    },
]

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [Path(__file__).parents[1] / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "sauveterre.casework.storage.EncryptedStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "overview"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_SAMESITE = "Strict"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "procrastinate": {"level": "CRITICAL"},
        "django.request": {"level": "ERROR"},
        "django.security.csrf": {"level": "ERROR"},
    },
}
