# Trainyard in one container: the same steps as `make build`, without the development tools.
FROM node:20-bookworm-slim AS page
WORKDIR /web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-fund --no-audit
COPY web .
RUN npm run build

FROM python:3.11-slim-bookworm AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv .venv \
 && .venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check -r requirements.txt

FROM python:3.11-slim-bookworm
# libgomp1: the OpenMP runtime that LightGBM and scikit-learn load
RUN apt-get update \
 && apt-get install --no-install-recommends -y libgomp1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 trainyard \
 && install -d -o trainyard /data
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY app.py ./
COPY api api
COPY middleware middleware
COPY migrations migrations
COPY services services
COPY utils utils
COPY --from=page /web/dist web/dist
USER trainyard
ENV DATA_DIR=/data PORT=5000 TRAINYARD_HOST=0.0.0.0 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
VOLUME /data
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s CMD [".venv/bin/python", "-c", \
  "import os,urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health/live\", timeout=4)"]
CMD [".venv/bin/python", "app.py"]
