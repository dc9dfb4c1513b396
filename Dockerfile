# The image of RiftChat: the executable, the libraries it needs, and a folder for data. No shell, no package manager.
#   docker build -t riftchat . && docker run --rm -p 8000:8000 riftchat
#   docker run --rm -it riftchat join chat.example.org

# The pinned version of Deno; the Debian variant, as the executable needs glibc.
# Deno cross-compiles, so the build runs on the platform of the builder, whatever the platform of the image.
FROM --platform=$BUILDPLATFORM denoland/deno:debian-2.9.6 AS build
ARG TARGETARCH
WORKDIR /src
COPY deno.json deno.lock main.ts ./
COPY cli/ cli/
COPY client/ client/
COPY identity/ identity/
COPY load/ load/
COPY protocol/ protocol/
COPY runtime/ runtime/
COPY server/ server/
COPY tools/compile.ts tools/
RUN deno task compile "linux-$(echo "$TARGETARCH" | sed s/amd64/x64/)" \
    && mv dist/riftchat-linux-* dist/riftchat \
    && mkdir /data

FROM gcr.io/distroless/cc-debian12:nonroot
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
