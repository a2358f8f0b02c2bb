# Three steps: the phone app and the panel's assets (Node), the packages and our wheel (Python), and what runs.
FROM docker.io/library/node:24.11.1-bookworm-slim AS web
WORKDIR /src
COPY phone/package.json phone/package-lock.json phone/.npmrc phone/
RUN npm --prefix phone ci --no-audit --no-fund
COPY phone phone
COPY sync sync
COPY admin admin
RUN npm --prefix phone run build

FROM docker.io/library/python:3.11.14-slim-bookworm AS wheel
WORKDIR /src
RUN python -m venv /opt/sotay
COPY lock/run.txt lock/run.txt
RUN /opt/sotay/bin/pip install --no-cache-dir --require-hashes -r lock/run.txt
COPY . .
COPY --from=web /src/phone/dist phone/dist
COPY --from=web /src/admin admin
RUN /opt/sotay/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM docker.io/library/python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin sotay \
    && install -d -o sotay -g sotay -m 0700 /data /backups
COPY --from=wheel /opt/sotay /opt/sotay
ENV PATH=/opt/sotay/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SOTAY_DATA_DIR=/data
USER sotay
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["sotay"]
CMD ["serve", "--host", "0.0.0.0", "--workers", "2"]
