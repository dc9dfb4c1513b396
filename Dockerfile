# The image of RiftChat: the executable, the libraries it needs, and a folder for data. No shell, no package manager.
#   docker build -t riftchat . && docker run --rm -p 8000:8000 riftchat
#   docker run --rm -it riftchat join chat.example.org

# Images are named by digest, so that nobody can replace what is behind a tag; CONTRIBUTING.md says how to change one.
# The pinned version of Deno; the tag without a variant is the Debian one, as the executable needs glibc.
# Deno cross-compiles, so the build runs on the platform of the builder, whatever the platform of the image.
FROM --platform=$BUILDPLATFORM denoland/deno:2.9.6@sha256:2014dc167ece617ef7e7ba40631ac2234c59e75ce693e7cc2dc2602b3c87859d AS build
ARG TARGETARCH
WORKDIR /src
COPY deno.json deno.lock main.ts ./
COPY cli/ cli/
COPY client/ client/
COPY identity/ identity/
COPY mentions/ mentions/
COPY load/ load/
COPY protocol/ protocol/
COPY runtime/ runtime/
COPY server/ server/
COPY docs/openapi.json docs/
COPY tools/compile.ts tools/
# Fails if deno.lock is not complete: "frozen" in deno.json.
RUN deno task compile "linux-$(echo "$TARGETARCH" | sed s/amd64/x64/)" \
    && mv dist/riftchat-linux-* dist/riftchat \
    && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot@sha256:9dac0a79194e45a7da0158a9c6da57b217585af0786db3845d1f0ec1a0dd182f
COPY --from=build /src/dist/riftchat /usr/local/bin/riftchat
# The user nonroot of that image, by number, so that Kubernetes can see that it is not root.
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
# Stored data: the history of a hub; preferences and typed lines of a client.
ENV XDG_CONFIG_HOME=/data/config XDG_DATA_HOME=/data/share
VOLUME ["/data"]
EXPOSE 8000
# Set another port by RIFTCHAT_PORT or PORT, which serve and ping both read. A full hub is healthy.
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["riftchat", "ping", "--alive"]
ENTRYPOINT ["riftchat"]
CMD ["serve"]
