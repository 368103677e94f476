"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application  # type: ignore[import-not-found]  # see urls.py

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.django_status.settings"
application = get_wsgi_application()
