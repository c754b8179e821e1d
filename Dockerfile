# One image: web, worker and command line. PostGIS and the proxy stand beside it (compose.yaml).
FROM node:22-bookworm-slim AS browser
WORKDIR /sebar
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund

FROM python:3.13-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends postgresql-client \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 sebar
WORKDIR /sebar
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY config config
COPY data/reference data/reference
COPY data/sample data/sample
COPY workflow workflow
COPY server server
COPY --from=browser /sebar/node_modules node_modules
RUN pip install --no-cache-dir --no-build-isolation --no-deps -e . \
 && python -m server.vendor \
 && rm -rf node_modules \
 && install -d -o sebar /var/lib/sebar
USER sebar
ENV SEBAR_HOME=/var/lib/sebar SEBAR_HOST=0.0.0.0 PYTHONDONTWRITEBYTECODE=1
VOLUME /var/lib/sebar
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["sebar", "serve"]
